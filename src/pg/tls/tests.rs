//! Which certificates are accepted: handshakes in memory between our client and a rustls server.

use std::fs;
use std::sync::Arc;

use rcgen::{BasicConstraints, IsCa, KeyPair, SerialNumber, SigningKey, date_time_ymd};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConnection, ServerConfig, ServerConnection, SupportedProtocolVersion};
use x509_cert::Certificate;
use x509_cert::der::asn1::{BitString, OctetString};
use x509_cert::der::{Decode, Encode, Reader, SliceReader};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::testing::{Authority, Issued, self_signed, subject};
use super::{client_config, names};
use crate::pg::conninfo::testing::{Folder, folder};
use crate::pg::conninfo::{ConnInfo, TlsOptions};

const BOTH: &[&SupportedProtocolVersion] = &[&TLS12, &TLS13];

fn options(query: &str) -> TlsOptions {
    let env = |name: &str| (name == "HOME").then(|| "/nonexistent".to_owned());
    ConnInfo::resolve(Some(&format!("postgres://u@h?{query}")), &env).expect(query).tls
}

/// The options of a client that trusts the authorities of a PEM text.
fn trusting(folder: &Folder, roots: &str, query: &str) -> TlsOptions {
    let file = folder.file("root.crt", roots);
    options(&format!("sslrootcert={}&{query}", file.display()))
}

/// Performs a handshake with a server that has this certificate; returns the result on the client's
/// side.
fn handshake(options: &TlsOptions, issued: &Issued, host: &str) -> Result<(), String> {
    handshake_at(options, issued, host, BOTH)
}

fn handshake_at(
    options: &TlsOptions,
    issued: &Issued,
    host: &str,
    versions: &[&'static SupportedProtocolVersion],
) -> Result<(), String> {
    let provider = Arc::new(ring::default_provider());
    let key = provider.key_provider.load_private_key(issued.key_der()).expect("a key");
    let shown = CertifiedKey::new(vec![issued.certificate.clone()], key);
    let server = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .expect("versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
    let mut server = ServerConnection::new(Arc::new(server)).expect("a server");
    let name = ServerName::try_from(host.to_owned()).expect("a name");
    let config = client_config(options).map_err(|e| e.to_string())?;
    let mut client = ClientConnection::new(Arc::new(config), name).expect("a client");
    while client.is_handshaking() || server.is_handshaking() {
        let mut sent = Vec::new();
        client.write_tls(&mut sent).expect("memory");
        server.read_tls(&mut sent.as_slice()).expect("memory");
        let judged = server.process_new_packets().map(drop);
        sent.clear();
        server.write_tls(&mut sent).expect("memory");
        client.read_tls(&mut sent.as_slice()).expect("memory");
        client.process_new_packets().map_err(|e| e.to_string())?;
        judged.map_err(|e| format!("the server: {e}"))?;
    }
    Ok(())
}

fn assert_refused(result: &Result<(), String>, expected: &str) {
    let error = result.as_ref().expect_err(expected);
    assert!(error.contains(expected), "expected {expected}, got {error}");
}

#[test]
fn every_mode_proves_what_libpq_says_it_proves() {
    let (folder, known, stranger) = (folder(), Authority::new("known"), Authority::new("stranger"));
    let (ours, theirs) = (known.issue(&subject("db", &["db.test"])), stranger.issue(&subject("db", &["db.test"])));
    for versions in [&[&TLS12], &[&TLS13]] {
        for (mode, host, issued, refusal) in [
            ("no-verify", "other.test", &theirs, None),
            ("require", "other.test", &ours, None),
            ("require", "db.test", &theirs, Some("UnknownIssuer")),
            ("verify-ca", "other.test", &ours, None),
            ("verify-ca", "db.test", &theirs, Some("UnknownIssuer")),
            ("verify-full", "db.test", &ours, None),
            ("verify-full", "DB.test", &ours, None),
            ("verify-full", "other.test", &ours, Some("not valid for name")),
            ("verify-full", "10.0.0.1", &ours, Some("not valid for name")),
            ("verify-full", "db.test", &theirs, Some("UnknownIssuer")),
        ] {
            let options = trusting(&folder, &known.pem(), &format!("sslmode={mode}"));
            let result = handshake_at(&options, issued, host, versions);
            match refusal {
                Some(refusal) => assert_refused(&result, refusal),
                None => assert_eq!(result, Ok(()), "{mode} {host}"),
            }
        }
        let result = handshake_at(&options("sslmode=require"), &theirs, "db.test", versions);
        assert_eq!(result, Ok(()), "without a root file, require proves nothing");
    }
}

#[test]
fn certificates_out_of_date_are_refused_when_checked() {
    let (folder, authority) = (folder(), Authority::new("known"));
    let mut params = subject("db", &["db.test"]);
    params.not_after = date_time_ymd(2020, 1, 1);
    let issued = authority.issue(&params);
    assert_refused(
        &handshake(&trusting(&folder, &authority.pem(), "sslmode=verify-ca"), &issued, "db.test"),
        "expired",
    );
    let pinned = self_signed(&params);
    assert_refused(&handshake(&trusting(&folder, &pinned.pem, "sslmode=verify-ca"), &pinned, "db.test"), "expired");
    assert_eq!(handshake(&options("sslmode=require"), &issued, "db.test"), Ok(()));
}

#[test]
fn a_self_signed_certificate_is_its_own_authority() {
    let (folder, mut params) = (folder(), subject("db", &["db.test"]));
    for kind in [IsCa::NoCa, IsCa::Ca(BasicConstraints::Unconstrained)] {
        params.is_ca = kind;
        let (issued, other) = (self_signed(&params), self_signed(&params));
        let strict = trusting(&folder, &issued.pem, "sslmode=verify-full");
        assert_eq!(handshake(&strict, &issued, "db.test"), Ok(()));
        handshake(&strict, &issued, "other.test").expect_err("the name differs");
        handshake(&strict, &other, "db.test").expect_err("another certificate of the same name");
        let lax = trusting(&folder, &issued.pem, "sslmode=verify-ca");
        assert_eq!(handshake(&lax, &issued, "other.test"), Ok(()));
    }
}

#[test]
fn the_common_name_counts_where_no_alternative_name_does() {
    let (folder, authority) = (folder(), Authority::new("known"));
    let options = trusting(&folder, &authority.pem(), "sslmode=verify-full");
    for (common_name, alternatives, host, accepted) in [
        ("db.test", &[][..], "db.test", true),
        ("DB.Test", &[], "db.test", true),
        ("db.test", &[], "other.test", false),
        ("*.test.org", &[], "db.test.org", true),
        ("*.test.org", &[], "a.db.test.org", false),
        ("*.test.org", &[], "test.org", false),
        ("*.org", &[], "test.org", false),
        ("db*.test.org", &[], "db1.test.org", false),
        ("db.test", &["x.test"], "db.test", false),
        ("db.test", &["*.test.org"], "db.test.org", true),
        ("db.test", &["10.0.0.1"], "db.test", true),
        ("db.test", &["10.0.0.1"], "10.0.0.1", true),
        ("10.0.0.2", &["10.0.0.1"], "10.0.0.2", false),
        ("10.0.0.2", &["db.test"], "10.0.0.2", true),
        ("db.test", &["::1"], "::1", true),
        ("db.test", &["db.test"], "::1", false),
    ] {
        let issued = authority.issue(&subject(common_name, alternatives));
        let result = handshake(&options, &issued, host);
        assert_eq!(result.is_ok(), accepted, "{common_name} {alternatives:?} {host}: {result:?}");
        if accepted || alternatives.is_empty() {
            assert_eq!(names::matches(&issued.certificate, host), accepted, "{common_name} {alternatives:?} {host}");
        }
    }
}

#[test]
fn revoked_certificates_are_refused() {
    let (folder, authority) = (folder(), Authority::new("known"));
    let issue = |number: u64| {
        let mut params = subject("db", &["db.test"]);
        params.serial_number = Some(SerialNumber::from(number));
        authority.issue(&params)
    };
    let (good, bad) = (issue(7), issue(8));
    let lists = folder.path().join("lists");
    let list = folder.file("lists/known.crl", &authority.revoke(&[8]));
    for query in [format!("sslcrl={}", list.display()), format!("sslcrldir={}", lists.display())] {
        let options = trusting(&folder, &authority.pem(), &format!("sslmode=verify-ca&{query}"));
        assert_eq!(handshake(&options, &good, "db.test"), Ok(()), "{query}");
        assert_refused(&handshake(&options, &bad, "db.test"), "Revoked");
    }
    let stranger = Authority::new("stranger");
    folder.file("lists/known.crl", &stranger.revoke(&[]));
    let options = trusting(&folder, &authority.pem(), &format!("sslmode=verify-ca&sslcrl={}", list.display()));
    assert_refused(&handshake(&options, &good, "db.test"), "UnknownRevocationStatus");
}

#[test]
fn a_certificate_of_version_1_will_do_where_it_is_not_checked() {
    let issued = version_1();
    for mode in ["require", "no-verify"] {
        let options = options(&format!("sslmode={mode}"));
        assert_eq!(handshake_at(&options, &issued, "db.test", &[&TLS13]), Ok(()), "{mode}");
    }
    let folder = folder();
    let strict = trusting(&folder, &Authority::new("known").pem(), "sslmode=verify-ca");
    assert_refused(&handshake(&strict, &issued, "db.test"), "UnsupportedCertVersion");
    let mut impostor = version_1();
    impostor.certificate = issued.certificate;
    let stolen = handshake_at(&options("sslmode=require"), &impostor, "db.test", &[&TLS13]);
    assert_refused(&stolen, "BadSignature");
}

/// A certificate without extensions, as `openssl x509 -req` used to make them.
fn version_1() -> Issued {
    let issued = self_signed(&subject("db.test", &[]));
    let mut certificate = Certificate::from_der(&issued.certificate).expect("a certificate");
    certificate.tbs_certificate.version = x509_cert::Version::V1;
    certificate.tbs_certificate.extensions = None;
    let signature = issued.key.sign(&certificate.tbs_certificate.to_der().expect("its text")).expect("a signature");
    certificate.signature = BitString::from_bytes(&signature).expect("bits");
    Issued { certificate: CertificateDer::from(certificate.to_der().expect("its text")), ..issued }
}

#[test]
fn versions_of_the_protocol_can_be_narrowed() {
    let issued = self_signed(&subject("db", &["db.test"]));
    let old = options("sslmode=require&ssl_max_protocol_version=TLSv1.2");
    let new = options("sslmode=require&ssl_min_protocol_version=TLSv1.3");
    assert_eq!(handshake_at(&old, &issued, "db.test", &[&TLS12]), Ok(()));
    assert_eq!(handshake_at(&new, &issued, "db.test", &[&TLS13]), Ok(()));
    handshake_at(&old, &issued, "db.test", &[&TLS13]).expect_err("only 1.3 there");
    handshake_at(&new, &issued, "db.test", &[&TLS12]).expect_err("only 1.2 there");
}

#[test]
fn names_are_announced_and_the_protocol_is_when_tls_comes_first() {
    let config = client_config(&options("sslmode=require")).expect("a client");
    assert!(config.enable_sni && config.alpn_protocols.is_empty());
    let config = client_config(&options("sslmode=require&sslsni=0&sslnegotiation=direct")).expect("a client");
    assert!(!config.enable_sni);
    assert_eq!(config.alpn_protocols, [b"postgresql"]);
}

#[test]
fn roots_that_are_missing_or_unreadable_are_told_of() {
    let folder = folder();
    let (empty, junk) =
        (folder.file("empty", "no certificates"), folder.file("junk", "-----BEGIN CERTIFICATE-----\n!\n"));
    let refusal = |query: &str| client_config(&options(query)).expect_err(query).to_string();
    assert!(refusal("sslmode=verify-ca").starts_with(
        "sslrootcert: expected a file with the authority's certificate at /nonexistent/.postgresql/root.crt, as sslmode=verify-ca needs one, found none"
    ));
    assert!(refusal("sslmode=verify-full&sslrootcert=/absent").contains("at /absent"));
    for file in [&empty, &junk] {
        let error = refusal(&format!("sslmode=require&sslrootcert={}", file.display()));
        assert!(error.starts_with("sslrootcert: expected ") && error.contains(&file.display().to_string()), "{error}");
    }
    assert!(refusal("sslmode=verify-ca&sslrootcert=system&sslmode=verify-full&sslcrl=/absent").starts_with("sslcrl: "));
    client_config(&options("sslmode=require&sslrootcert=/absent")).expect("require does without the file, as in libpq");
}

#[test]
fn authorities_of_the_system_and_those_node_was_told_of_are_trusted() {
    let (folder, authority) = (folder(), Authority::new("known"));
    let extra = folder.file("extra.pem", &authority.pem());
    let extra = extra.to_str().expect("a path");
    let env = |name: &str| (name == "NODE_EXTRA_CA_CERTS").then(|| extra.to_owned());
    let options = ConnInfo::resolve(Some("postgres://u@h?sslrootcert=system"), &env).expect("options").tls;
    assert_eq!(handshake(&options, &authority.issue(&subject("db", &["db.test"])), "db.test"), Ok(()));
    let stranger = Authority::new("stranger").issue(&subject("db", &["db.test"]));
    assert_refused(&handshake(&options, &stranger, "db.test"), "UnknownIssuer");
}

#[test]
fn keys_are_read_in_every_form_and_only_when_private() {
    let folder = folder();
    let issued = Authority::new("known").issue(&subject("ann", &[]));
    let cert = folder.file("ann.crt", &issued.pem);
    let key = folder.path().join("ann.key");
    let with_key = |text: &str| {
        folder.file("ann.key", text);
        client_config(&options(&format!("sslcert={}&sslkey={}", cert.display(), key.display())))
            .map_err(|e| e.to_string())
    };
    let pkcs8 = issued.key.serialize_pem();
    assert!(with_key(&pkcs8).expect("PKCS #8").client_auth_cert_resolver.has_certs());
    assert!(with_key(&sec1(&issued.key)).expect("SEC 1").client_auth_cert_resolver.has_certs());
    for (text, expected) in [
        ("", "sslkey: expected a PEM key in "),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "got an encrypted one"),
        (&KeyPair::generate().expect("a key").serialize_pem(), "got one of another key"),
    ] {
        let error = with_key(text).expect_err(expected);
        assert!(error.contains(expected), "{error}");
    }
    #[cfg(unix)]
    for (mode, accepted) in [(0o600, true), (0o644, false), (0o660, false), (0o604, false)] {
        use std::os::unix::fs::PermissionsExt;
        folder.file("ann.key", &pkcs8);
        fs::set_permissions(&key, fs::Permissions::from_mode(mode)).expect("permissions");
        let result = client_config(&options(&format!("sslcert={}&sslkey={}", cert.display(), key.display())));
        assert_eq!(result.is_ok(), accepted, "{mode:o}");
    }
    fs::remove_file(&key).expect("a key");
    let error =
        client_config(&options(&format!("sslcert={}&sslkey={}", cert.display(), key.display()))).expect_err("no key");
    assert!(error.to_string().starts_with("sslkey: expected the key of sslcert at "), "{error}");
}

/// The key as `openssl ec` writes it: PKCS #8 without its envelope.
fn sec1(key: &KeyPair) -> String {
    let mut text = SliceReader::new(key.serialized_der()).expect("PKCS #8");
    let inner = text.sequence(|envelope| {
        u8::decode(envelope)?;
        AlgorithmIdentifierOwned::decode(envelope)?;
        OctetString::decode(envelope)
    });
    pem::encode(&pem::Pem::new("EC PRIVATE KEY", inner.expect("SEC 1").as_bytes()))
}
