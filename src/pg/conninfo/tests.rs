//! What a connection string and an environment resolve to.

use std::time::Duration;

use super::testing::folder;
use super::{Address, ChannelBinding, ConnInfo, Keepalive, Negotiation, Place, Roots, SslMode, Target, TlsVersion};

/// Resolves with an environment of pairs, and a home folder without files unless one is given.
fn resolve(url: &str, env: &[(&str, &str)]) -> Result<ConnInfo, String> {
    let read = |name: &str| {
        let found = env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        found.or_else(|| (name == "HOME").then(|| "/nonexistent".to_owned()))
    };
    ConnInfo::resolve(Some(url), &read).map_err(|e| {
        assert_eq!(e.code(), "ERAM_CONFIG");
        e.to_string()
    })
}

fn resolved(url: &str, env: &[(&str, &str)]) -> ConnInfo {
    resolve(url, env).unwrap_or_else(|e| panic!("{url}: {e}"))
}

#[test]
fn defaults_are_applied() {
    let info = resolved("postgres://ann@db", &[]);
    assert_eq!((info.user.as_str(), info.dbname.as_str(), info.application_name.as_str()), ("ann", "ann", "eramjs"));
    assert_eq!(info.connect_timeout, Some(Duration::from_secs(10)));
    let seconds = Duration::from_secs;
    assert_eq!(info.keepalive, Some(Keepalive { idle: seconds(30), interval: seconds(10), retries: 3 }));
    assert_eq!((info.target, info.balance_hosts, info.pgbouncer), (Target::Any, false, false));
    assert_eq!((info.options, info.tcp_user_timeout), (None, None));
    assert_eq!(info.channel_binding, ChannelBinding::Prefer);
    assert_eq!(info.hosts[0].password, None);
    let tls = info.tls;
    assert_eq!((tls.mode, tls.negotiation, tls.sni), (SslMode::Prefer, Negotiation::Postgres, true));
    assert_eq!((tls.min, tls.max), (TlsVersion::V1_2, TlsVersion::V1_3));
}

#[test]
fn without_a_url_the_account_of_the_process_is_user_and_database() {
    let info = ConnInfo::resolve(None, &|_| None).expect("defaults");
    let account = whoami::username().expect("an account");
    assert_eq!((&info.user, &info.dbname), (&account, &account));
}

#[test]
fn the_environment_fills_what_the_string_leaves_open() {
    let env = [
        ("PGHOST", "envhost"),
        ("PGPORT", "7"),
        ("PGUSER", "eve"),
        ("PGPASSWORD", "envword"),
        ("PGDATABASE", "envdb"),
        ("PGAPPNAME", "envapp"),
        ("PGOPTIONS", "-c a=b"),
        ("PGCONNECT_TIMEOUT", "3"),
        ("PGSSLMODE", "require"),
        ("PGTARGETSESSIONATTRS", "primary"),
        ("PGLOADBALANCEHOSTS", "random"),
        ("PGCHANNELBINDING", "disable"),
        ("PGSSLNEGOTIATION", "direct"),
        ("PGSSLMINPROTOCOLVERSION", "TLSv1.3"),
        ("PGHOSTADDR", ""),
    ];
    let info = resolved("", &env);
    assert_eq!(info.display(), "postgres://eve@envhost:7/envdb?sslmode=require");
    assert_eq!(info.hosts[0].password.as_ref().map(super::Secret::reveal), Some("envword"));
    assert_eq!((info.application_name.as_str(), info.options.as_deref()), ("envapp", Some("-c a=b")));
    assert_eq!((info.connect_timeout, info.target), (Some(Duration::from_secs(3)), Target::Primary));
    assert_eq!((info.balance_hosts, info.channel_binding), (true, ChannelBinding::Disable));
    assert_eq!((info.tls.negotiation, info.tls.min), (Negotiation::Direct, TlsVersion::V1_3));

    let info = resolved("postgres://ann:word@h:1/db?sslmode=disable&sslnegotiation=postgres", &env);
    assert_eq!(info.display(), "postgres://ann@h:1/db?sslmode=disable");
    assert_eq!(info.hosts[0].password.as_ref().map(super::Secret::reveal), Some("word"));
}

#[test]
fn durations_and_numbers_follow_libpq() {
    for (text, expected) in [("0", None), ("-1", None), ("1", Some(2)), ("2", Some(2)), (" 30 ", Some(30))] {
        let info = resolved(&format!("host=h user=u connect_timeout='{text}'"), &[]);
        assert_eq!(info.connect_timeout, expected.map(Duration::from_secs), "{text}");
    }
    let info =
        resolved("postgres://u@h?keepalives_idle=5&keepalives_interval=6&keepalives_count=7&tcp_user_timeout=8", &[]);
    let seconds = Duration::from_secs;
    assert_eq!(info.keepalive, Some(Keepalive { idle: seconds(5), interval: seconds(6), retries: 7 }));
    assert_eq!(info.tcp_user_timeout, Some(Duration::from_millis(8)));
    assert_eq!(resolved("postgres://u@h?keepalives=0", &[]).keepalive, None);
}

#[test]
fn spellings_of_node_postgres_and_prisma_are_understood() {
    let info = resolved(
        "postgres://u@h/db?schema=public&pgbouncer=true&connection_limit=1&pool_timeout=0&statement_timeout=5000&encoding=utf8",
        &[],
    );
    assert!(info.pgbouncer);
    assert_eq!(info.options.as_deref(), Some("-c statement_timeout=5000"));
    for (query, mode) in [
        ("ssl=true", SslMode::Require),
        ("ssl=1", SslMode::Require),
        ("ssl=0", SslMode::Disable),
        ("sslmode=no-verify", SslMode::NoVerify),
        ("ssl=true&sslmode=verify-full", SslMode::VerifyFull),
        ("sslmode=verify-full&ssl=true", SslMode::VerifyFull),
        ("requiressl=1", SslMode::Require),
        ("requiressl=0", SslMode::Prefer),
        ("sslrootcert=system", SslMode::VerifyFull),
    ] {
        assert_eq!(resolved(&format!("postgres://u@h?{query}"), &[]).tls.mode, mode, "{query}");
    }
}

#[test]
fn certificates_are_looked_for_where_libpq_looks() {
    let tls = resolved("postgres://u@h", &[("HOME", "/home/ann")]).tls;
    if cfg!(not(windows)) {
        assert_eq!(tls.roots, Roots::Default(Some("/home/ann/.postgresql/root.crt".into())));
        assert_eq!(tls.cert, Some(Place::Default(Some("/home/ann/.postgresql/postgresql.crt".into()))));
        assert_eq!(tls.crl, Place::Default(Some("/home/ann/.postgresql/root.crl".into())));
    }
    let query = "sslrootcert=/r&sslcert=/c&sslkey=/k&sslcrl=/l&sslcrldir=/d&sslsni=0&ssl_max_protocol_version=TLSv1.2";
    let tls = resolved(&format!("postgres://u@h?{query}"), &[]).tls;
    assert_eq!((tls.roots, tls.cert), (Roots::File("/r".into()), Some(Place::Asked("/c".into()))));
    assert_eq!((tls.key, tls.crl), (Place::Asked("/k".into()), Place::Asked("/l".into())));
    assert_eq!((tls.crl_folder, tls.sni, tls.max), (Some("/d".into()), false, TlsVersion::V1_2));
    assert_eq!(resolved("postgres://u@h?sslcertmode=disable", &[]).tls.cert, None);
    let tls = resolved("postgres://u@h?sslrootcert=system", &[("NODE_EXTRA_CA_CERTS", "/extra.pem")]).tls;
    assert_eq!(tls.roots, Roots::System { extra: Some("/extra.pem".into()) });
}

#[test]
fn the_service_file_stands_between_string_and_environment() {
    let folder = folder();
    let file = folder.file("services", "[prod]\nhost=svc\nport=9\nuser=sue\nport=10\n");
    let file = file.to_str().expect("a path");
    let env = [("PGSERVICEFILE", file), ("PGSERVICE", "prod"), ("PGHOST", "envhost"), ("PGDATABASE", "envdb")];
    assert_eq!(resolved("", &env).display(), "postgres://sue@svc:9/envdb");
    assert_eq!(resolved("postgres://ann@h", &env).display(), "postgres://ann@h:9/envdb");
    let url = format!("postgres:///?service=prod&servicefile={file}");
    assert_eq!(resolved(&url, &[]).display(), "postgres://sue@svc:9/sue");
    let error = resolve("service=other", &env).expect_err("no such service");
    assert!(error.starts_with("service \"other\": expected a section [other]"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_password_file_gives_each_host_its_own_password() {
    let folder = folder();
    folder.file(".pgpass", "h1:*:*:u:one\nh2:5432:db:u:two\nlocalhost:*:*:u:three\n");
    let home = folder.path().to_str().expect("a path");
    let words = |url: &str, env: &[(&str, &str)]| {
        let info = resolved(url, env);
        info.hosts
            .iter()
            .map(|host| host.password.clone().map_or(String::new(), |word| word.0))
            .collect::<Vec<_>>()
            .join(",")
    };
    assert_eq!(words("postgres://u@h1,h2,h3/db", &[("HOME", home)]), "one,two,");
    assert_eq!(words("postgres://u@/db?host=/tmp", &[("HOME", home)]), "three");
    assert_eq!(words("postgres://u:given@h1/db", &[("HOME", home)]), "given");
    let file = folder.file("elsewhere", "*:*:*:*:four");
    let file = file.to_str().expect("a path");
    assert_eq!(words("postgres://u@h1", &[("HOME", home), ("PGPASSFILE", file)]), "four");
    assert_eq!(resolved("postgres://u@h1", &[("PGPASSFILE", file)]).passfile, Some(file.into()));
}

#[test]
fn the_display_is_a_url_that_resolves_to_the_same_and_holds_no_password() {
    for (url, shown) in [
        ("postgres://u:hush@h:1/db", "postgres://u@h:1/db"),
        ("postgres://a%40b:hush@[::1]/d%2Fb?sslmode=require", "postgres://a%40b@[::1]:5432/d%2Fb?sslmode=require"),
        ("postgres://u:hush@h1,h2:2/db", "postgres://u@h1:5432,h2:2/db"),
        ("postgres://u:hush@%2Frun%2Fpg/db", "postgres://u@%2Frun%2Fpg:5432/db"),
    ] {
        let info = resolved(url, &[]);
        assert_eq!(info.display(), shown, "{url}");
        assert!(!format!("{info:?}").contains("hush"), "{info:?}");
        assert_eq!(resolved(shown, &[]).display(), shown);
    }
}

#[test]
fn refusals_say_what_was_expected_and_where_the_value_came_from() {
    for (url, env, expected) in [
        ("postgres://u@h?sslmod=require", None, r#"url: unknown parameter "sslmod", did you mean "sslmode"?"#),
        ("postgres://u@h?colour=red", None, r#"url: unknown parameter "colour""#),
        (
            "postgres://u@h?sslmode=verify",
            None,
            r#"url: sslmode: expected one of disable, allow, prefer, require, verify-ca, verify-full, no-verify, got "verify""#,
        ),
        ("postgres://u@h?connect_timeout=soon", None, r#"url: connect_timeout: expected a whole number, got "soon""#),
        ("postgres://u@h", Some(("PGPORT", "x")), r#"PGPORT: expected a port between 1 and 65535, got "x""#),
        ("postgres://u@h", Some(("PGREQUIREAUTH", "scram-sha-256")), "PGREQUIREAUTH: cannot be honoured: "),
        ("postgres://u@h", Some(("PGGSSENCMODE", "require")), "PGGSSENCMODE: cannot be honoured: "),
        ("postgres://u@h?min_protocol_version=3.2", None, "url: min_protocol_version: cannot be honoured: "),
        ("postgres://u@h?replication=database", None, "url: replication: cannot be honoured: "),
        ("postgres://u@h?sslaccept=strict", None, "url: sslaccept: cannot be honoured: "),
        ("postgres://u@h?sslcertmode=require", None, "url: sslcertmode: expected disable or allow; "),
        ("host=/tmp user=u requirepeer=postgres", None, "url: requirepeer: expected no value"),
        (
            "postgres://u@h?sslrootcert=system&sslmode=require",
            None,
            "sslmode: expected verify-full with sslrootcert=system, got \"require\"",
        ),
        (
            "postgres://u@h?sslnegotiation=direct",
            None,
            "url: sslnegotiation: expected \"postgres\" with sslmode=prefer",
        ),
        (
            "postgres://u@h?ssl_max_protocol_version=TLSv1.1",
            None,
            "url: ssl_max_protocol_version: expected one of TLSv1.2, TLSv1.3",
        ),
        (
            "postgres://u@h?ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2",
            None,
            "url: ssl_min_protocol_version: expected a version that is not above",
        ),
        ("mydb", None, r#"url: expected "postgres://user@host/dbname" or "host=… dbname=…", got neither"#),
        ("jdbc:postgresql://h/db", None, r#"got a URL that begins with "jdbc:postgresql://""#),
        ("mysql://u:hush@h", None, r#"got a URL that begins with "mysql://""#),
        ("postgres://u:hush@h?colour=red", None, r#"url: unknown parameter "colour""#),
        ("postgres://u:1/x?hush=1@h", None, "url: unknown parameter; if the password holds"),
        ("host=h password=my hush=1", None, "url: unknown parameter; if the password holds"),
        ("host=h password=my hush", None, "at character 20"),
        (
            "host=h user=u password=a port=hush",
            None,
            "url: port: expected a port between 1 and 65535, got something else",
        ),
    ] {
        let error = resolve(url, env.as_slice()).expect_err(url);
        assert!(error.contains(expected), "{url}: {error}");
        assert!(!error.contains("hush"), "{url}: {error}");
    }
}

#[test]
fn harmless_parameters_of_libpq_are_accepted() {
    let url = "postgres://u@h?gssencmode=prefer&krbsrvname=x&gsslib=gssapi&sslcompression=1&sslpassword=&client_encoding=auto\
               &min_protocol_version=3.0&max_protocol_version=latest&replication=false&requirepeer=postgres&sslaccept=accept_invalid_certs";
    let info = resolved(url, &[("PGGSSENCMODE", "require")]);
    assert_eq!(info.hosts[0].address, Address::Tcp { name: "h".into(), addr: None });
}
