//! The contents of a certificate: its names, its dates and its key.
//!
//! The names follow the PostgreSQL manual, chapter libpq, "Client Verification of Server
//! Certificates": the common name counts if there is no alternative name of the host's kind; an
//! address may also be among the alternative DNS names.

use std::net::IpAddr;

use rustls::pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime};
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode, Encode};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");

/// Whether the certificate is for this host, by libpq's rules.
pub(super) fn matches(certificate: &CertificateDer<'_>, host: &str) -> bool {
    let Ok(certificate) = Certificate::from_der(certificate) else { return false };
    let address = host.parse::<IpAddr>().ok();
    let mut common_name_counts = true;
    let alternatives = certificate.tbs_certificate.get::<SubjectAltName>().ok().flatten();
    for alternative in alternatives.iter().flat_map(|(_, names)| &names.0) {
        let fits = match (alternative, address) {
            (GeneralName::DnsName(name), _) => {
                common_name_counts &= address.is_some();
                fits(name.as_str(), host)
            }
            (GeneralName::IpAddress(octets), Some(address)) => {
                common_name_counts = false;
                match address {
                    IpAddr::V4(address) => octets.as_bytes() == address.octets(),
                    IpAddr::V6(address) => octets.as_bytes() == address.octets(),
                }
            }
            _ => false,
        };
        if fits {
            return true;
        }
    }
    common_name_counts && common_name(&certificate).is_some_and(|name| fits(&name, host))
}

fn common_name(certificate: &Certificate) -> Option<String> {
    let mut parts = certificate.tbs_certificate.subject.0.iter().flat_map(|part| part.0.iter());
    let name = parts.find(|part| part.oid == COMMON_NAME)?;
    std::str::from_utf8(name.value.value()).ok().map(str::to_owned)
}

/// Compares case-insensitively; `*.` at the start stands for one label, and requires two more
/// labels after it.
fn fits(pattern: &str, host: &str) -> bool {
    if pattern.eq_ignore_ascii_case(host) {
        return true;
    }
    let (Some(suffix), Some((label, rest))) = (pattern.strip_prefix("*."), host.split_once('.')) else { return false };
    let is_address = host.parse::<IpAddr>().is_ok();
    !is_address && !label.is_empty() && suffix.contains('.') && suffix.eq_ignore_ascii_case(rest)
}

/// Whether the certificate is valid at this time.
pub(super) fn in_date(certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
    Certificate::from_der(certificate).is_ok_and(|certificate| {
        let validity = certificate.tbs_certificate.validity;
        let (from, until) = (validity.not_before.to_unix_duration(), validity.not_after.to_unix_duration());
        (from.as_secs()..=until.as_secs()).contains(&now.as_secs())
    })
}

pub(super) fn public_key(certificate: &CertificateDer<'_>) -> Option<SubjectPublicKeyInfoDer<'static>> {
    let certificate = Certificate::from_der(certificate).ok()?;
    certificate.tbs_certificate.subject_public_key_info.to_der().ok().map(SubjectPublicKeyInfoDer::from)
}
