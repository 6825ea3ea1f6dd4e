//! Parses `postgres://user:password@host:port,host:port/dbname?key=value` as libpq does, into pairs
//! of keyword and value.
//!
//! PostgreSQL manual, chapter libpq, "Connection URIs". Two differences: an "@" inside the password
//! is accepted, as in browsers and node-postgres (the last one before the path ends the password),
//! and a query value may contain "=". Errors never quote what could be a part of the password.

use super::pairs::Pairs;
use crate::error::{Error, Result};

/// The text after `postgres://` or `postgresql://`; `None` if `url` is another kind of text.
pub(super) fn body(url: &str) -> Option<&str> {
    ["postgresql://", "postgres://"].iter().find_map(|scheme| url.strip_prefix(scheme))
}

pub(super) fn parse(body: &str) -> Result<Pairs> {
    let (credentials, rest) = split_credentials(body);
    let mut pairs = Pairs::default();
    if let Some(credentials) = credentials {
        let (user, password) = credentials.split_once(':').unwrap_or((credentials, ""));
        pairs.push_given("user", decode(user)?);
        pairs.push_given("password", decode(password)?);
    }
    // A password with a raw "/" ends the authority too early; the rest may then be a part of the
    // password.
    let ambiguous = credentials.is_none() && rest.contains('@');
    let (hosts, ports, rest) = split_hosts(rest).map_err(|e| if ambiguous { escape_hint() } else { e })?;
    if ambiguous && ports.chars().any(|c| !c.is_ascii_digit() && c != ',') {
        return Err(escape_hint());
    }
    pairs.push_given("host", decode(&hosts)?);
    pairs.push_given("port", decode(&ports)?);

    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    let dbname = path.strip_prefix('/').unwrap_or(path);
    if ambiguous && dbname.contains('@') {
        return Err(escape_hint());
    }
    pairs.push_given("dbname", decode(dbname)?);
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        let Some((key, value)) = parameter.split_once('=') else {
            return Err(Error::Config(r#"url: expected key=value after the "?", got a word without "=""#.into()));
        };
        pairs.push(decode(key)?, decode(value)?);
    }
    // `postgres://user:secret`, without a host: the password stands where a port is expected.
    pairs.guarded = ambiguous || (credentials.is_none() && ports.chars().any(|c| !c.is_ascii_digit() && c != ','));
    Ok(pairs)
}

/// Splits at the "@" that ends user and password: the last one before any "/".
fn split_credentials(body: &str) -> (Option<&str>, &str) {
    let Some(first) = body.find(['@', '/']).filter(|&at| body.as_bytes()[at] == b'@') else {
        return (None, body);
    };
    let end = body[first..].find(['/', '?']).map_or(body.len(), |end| first + end);
    let at = body[..end].rfind('@').unwrap_or(first);
    (Some(&body[..at]), &body[at + 1..])
}

/// Reads `host:port,[host]:port…` into two lists of equal length, and returns the rest.
fn split_hosts(mut rest: &str) -> Result<(String, String, &str)> {
    let (mut hosts, mut ports) = (String::new(), String::new());
    loop {
        let (host, after) = match rest.strip_prefix('[') {
            Some(inner) => bracketed(inner)?,
            None => rest.split_at(rest.find([':', '/', '?', ',']).unwrap_or(rest.len())),
        };
        let (port, after) = match after.strip_prefix(':') {
            Some(port) => port.split_at(port.find(['/', '?', ',']).unwrap_or(port.len())),
            None => ("", after),
        };
        hosts.push_str(host);
        ports.push_str(port);
        let Some(next) = after.strip_prefix(',') else {
            return Ok((hosts, if ports.chars().all(|c| c == ',') { String::new() } else { ports }, after));
        };
        hosts.push(',');
        ports.push(',');
        rest = next;
    }
}

fn bracketed(inner: &str) -> Result<(&str, &str)> {
    let refuse = |text: &str| Err(Error::Config(format!("url: {text}")));
    let Some((host, after)) = inner.split_once(']') else {
        return refuse(r#"expected "]" after the IPv6 address, got the end of the text"#);
    };
    if host.is_empty() {
        return refuse(r#"expected an IPv6 address between "[" and "]", got nothing"#);
    }
    if !after.is_empty() && !after.starts_with([':', '/', '?', ',']) {
        return refuse(r#"expected ":", "/", "?" or "," after "]", got something else"#);
    }
    Ok((host, after))
}

/// Decodes percent-encoding; `+` stays a plus sign.
fn decode(text: &str) -> Result<String> {
    let refuse = || {
        Error::Config(
            r#"url: expected two hexadecimal digits (not 00) after each "%"; write a plain "%" as %25"#.into(),
        )
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(&byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|&b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
        match (digit(), digit()) {
            (Some(high), Some(low)) if high + low > 0 => bytes.push(high << 4 | low),
            _ => return Err(refuse()),
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::Config("url: expected percent-encoded UTF-8, got other bytes".into()))
}

fn escape_hint() -> Error {
    Error::Config(
        r#"url: expected host:port after "postgres://", got something else; in user and password write "/" as %2F, "@" as %40, ":" as %3A and "%" as %25"#.into(),
    )
}

#[cfg(test)]
mod tests {
    use super::{body, parse};

    fn pairs(url: &str) -> String {
        let pairs = parse(body(url).expect("a URI")).unwrap_or_else(|e| panic!("{url}: {e}"));
        pairs.list.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn uris_are_read_as_libpq_reads_them() {
        for (url, expected) in [
            ("postgresql://", ""),
            ("postgres://localhost", "host=localhost"),
            ("postgresql://localhost:5433", "host=localhost port=5433"),
            ("postgresql://localhost/mydb", "host=localhost dbname=mydb"),
            ("postgresql://user@localhost", "user=user host=localhost"),
            ("postgresql://user:secret@localhost", "user=user password=secret host=localhost"),
            ("postgresql://user:@localhost", "user=user host=localhost"),
            ("postgresql://:secret@localhost", "password=secret host=localhost"),
            ("postgresql://@localhost", "host=localhost"),
            (
                "postgresql://other@localhost/otherdb?connect_timeout=10&application_name=myapp",
                "user=other host=localhost dbname=otherdb connect_timeout=10 application_name=myapp",
            ),
            (
                "postgresql://host1:123,host2:456/somedb?target_session_attrs=any",
                "host=host1,host2 port=123,456 dbname=somedb target_session_attrs=any",
            ),
            ("postgresql://host1:1,host2,host3:3/", "host=host1,host2,host3 port=1,,3"),
            ("postgresql://host1,host2/", "host=host1,host2"),
            (
                "postgresql://user@localhost:5433/mydb?options=-c%20synchronous_commit%3Doff",
                "user=user host=localhost port=5433 dbname=mydb options=-c synchronous_commit=off",
            ),
            ("postgresql:///mydb?host=localhost&port=5433", "dbname=mydb host=localhost port=5433"),
            ("postgresql://[2001:db8::1234]/database", "host=2001:db8::1234 dbname=database"),
            ("postgresql://[::1]:6543,[::2]?x=y", "host=::1,::2 port=6543, x=y"),
            ("postgresql:///dbname?host=/var/lib/postgresql", "dbname=dbname host=/var/lib/postgresql"),
            ("postgresql://%2Fvar%2Flib%2Fpostgresql/dbname", "host=/var/lib/postgresql dbname=dbname"),
            ("postgres://me%40corp:p%40%2F%3A%25@h", "user=me@corp password=p@/:% host=h"),
            ("postgres://u:p@ss@h/db", "user=u password=p@ss host=h dbname=db"),
            ("postgres://u:p?ss@h/db", "user=u password=p?ss host=h dbname=db"),
            ("postgres://u:a:b@h", "user=u password=a:b host=h"),
            ("postgres://u@h?user=me@corp", "user=u host=h user=me@corp"),
            ("postgres://h/db?user=me@corp", "host=h dbname=db user=me@corp"),
            ("postgres://h?options=-csearch_path=x&", "host=h options=-csearch_path=x"),
            ("postgres://,/", "host=,"),
            ("postgres://h/db?application_name=a+b", "host=h dbname=db application_name=a+b"),
            ("postgres://h/caf%C3%A9", "host=h dbname=café"),
        ] {
            assert_eq!(pairs(url), expected, "{url}");
        }
    }

    #[test]
    fn broken_uris_are_refused_without_quoting_the_password() {
        for (url, expected) in [
            ("postgres://[::1/db", "expected \"]\""),
            ("postgres://[]/db", "expected an IPv6 address"),
            ("postgres://[::1]x/db", "after \"]\""),
            ("postgres://h/db?novalue", "expected key=value"),
            ("postgres://u:hush%@h/db", "hexadecimal"),
            ("postgres://u:hush%0g@h/db", "hexadecimal"),
            ("postgres://u:hush%00@h/db", "not 00"),
            ("postgres://u:%ff%fehush@h/db", "UTF-8"),
            ("postgres://u:hush/hush@h/db", "%2F"),
            ("postgres://u:1/hush@h/db", "%2F"),
            ("postgres://[u:hush/hush@h/db", "%2F"),
        ] {
            let error = parse(body(url).expect("a URI")).err().expect(url).to_string();
            assert!(error.starts_with("url: ") && error.contains(expected), "{url}: {error}");
            assert!(!error.contains("hush"), "{url}: {error}");
        }
    }
}
