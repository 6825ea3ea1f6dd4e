//! Connections to real servers: which way each sslmode takes, which logins succeed, and the errors
//! of those that fail.

use std::future::poll_fn;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_postgres::AsyncMessage;

use super::testing::{ENCRYPTED, PLAIN, Server};
use super::{Options, connect, pool, pool_with, spawn};
use crate::error::Error;
use crate::pg::conninfo::ConnInfo;

/// Connects and returns whether the session is encrypted.
async fn encrypted(info: &ConnInfo) -> Result<bool, Error> {
    let (client, connection) = connect(info, &Options::default()).await?;
    spawn(connection);
    let row = client.query_one("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]).await?;
    Ok(row.get(0))
}

async fn refusal(info: &ConnInfo) -> Error {
    encrypted(info).await.expect_err("a refusal")
}

/// The expected kind of connection.
enum Way {
    Plain,
    Tls,
    Refused(&'static str),
}

#[tokio::test]
async fn every_sslmode_takes_the_way_libpq_takes() {
    use Way::{Plain, Refused, Tls};
    const NO_TLS: Way = Refused("got a server that does not offer it");
    const ISSUER: Way =
        Refused("UnknownIssuer; the authority that signed the server's certificate is not in sslrootcert");
    const NAME: Way = Refused("; connect by a name the certificate was made for");
    const NO_FILE: Way = Refused("sslrootcert: expected a file");

    let known = format!("sslrootcert={}", ENCRYPTED.known.display());
    let stranger = format!("sslrootcert={}", ENCRYPTED.stranger.display());
    let (right, wrong) = (format!("host=localhost {known}"), format!("host=127.0.0.1 {known}"));
    let (untrusted, unchecked) = (format!("host=localhost {stranger}"), "host=localhost".to_owned());
    let plain = right.clone();
    let situations = [
        (&PLAIN, &plain),
        (&ENCRYPTED, &right),
        (&ENCRYPTED, &wrong),
        (&ENCRYPTED, &untrusted),
        (&ENCRYPTED, &unchecked),
    ];
    #[rustfmt::skip]
    let table = [
        //              no TLS   right name  wrong name  untrusted  no root file
        ("disable",     [Plain,  Plain,      Plain,      Plain,     Plain]),
        ("allow",       [Plain,  Plain,      Plain,      Plain,     Plain]),
        ("prefer",      [Plain,  Tls,        Tls,        Plain,     Tls]),
        ("no-verify",   [NO_TLS, Tls,        Tls,        Tls,       Tls]),
        ("require",     [NO_TLS, Tls,        Tls,        ISSUER,    Tls]),
        ("verify-ca",   [NO_TLS, Tls,        Tls,        ISSUER,    NO_FILE]),
        ("verify-full", [NO_TLS, Tls,        NAME,       ISSUER,    NO_FILE]),
    ];
    for (mode, ways) in table {
        for (way, (server, settings)) in ways.into_iter().zip(situations) {
            let settings = format!("{settings} sslmode={mode}");
            let result = encrypted(&server.info("eram", &settings)).await;
            match way {
                Plain => assert!(matches!(result, Ok(false)), "{settings}: {result:?}"),
                Tls => assert!(matches!(result, Ok(true)), "{settings}: {result:?}"),
                Refused(words) => {
                    let error = result.expect_err(&settings).to_string();
                    assert!(error.contains(words) && error.contains(mode), "{settings}: {error}");
                }
            }
        }
    }
}

#[tokio::test]
async fn allow_and_prefer_try_the_other_way_when_the_server_refuses_the_first() {
    for (user, mode, way) in [
        ("encrypted", "allow", Some(true)),
        ("encrypted", "prefer", Some(true)),
        ("encrypted", "disable", None),
        ("plain", "allow", Some(false)),
        ("plain", "prefer", Some(false)),
        ("plain", "require", None),
    ] {
        let result = encrypted(&ENCRYPTED.info(user, &format!("host=127.0.0.1 sslmode={mode}"))).await;
        match way {
            Some(way) => assert_eq!(result.ok(), Some(way), "{user} {mode}"),
            None => {
                assert!(
                    matches!(result, Err(Error::Database { sqlstate, .. }) if sqlstate == "28000"),
                    "{user} {mode}"
                );
            }
        }
    }
    let error = refusal(&ENCRYPTED.info("stranger", "host=127.0.0.1")).await.to_string();
    assert_eq!(error.matches("no pg_hba.conf entry").count(), 1, "{error}");
}

#[tokio::test]
async fn a_client_certificate_opens_the_door_that_asks_for_one() {
    let certificate = format!("sslcert={} sslkey={}", ENCRYPTED.cert.display(), ENCRYPTED.key.display());
    let info = ENCRYPTED.info_of(&format!("user=certified host=localhost sslmode=require {certificate}"));
    assert!(encrypted(&info).await.expect("a session"));
    let info =
        ENCRYPTED.info_of(&format!("user=certified host=localhost sslmode=require sslcertmode=disable {certificate}"));
    let error = refusal(&info).await;
    assert!(matches!(&error, Error::Database { sqlstate, .. } if sqlstate == "28000"), "{error}");
}

#[tokio::test]
async fn tls_may_come_first() {
    let known = format!("host=localhost sslmode=verify-full sslrootcert={}", ENCRYPTED.known.display());
    assert!(encrypted(&ENCRYPTED.info("eram", &format!("{known} sslnegotiation=direct"))).await.expect("a session"));
    let error = refusal(&PLAIN.info("eram", &format!("{known} sslnegotiation=direct"))).await.to_string();
    assert!(error.contains("TLS with sslmode=verify-full failed: "), "{error}");
}

#[tokio::test]
async fn channel_binding_can_be_insisted_on() {
    let binding = "channel_binding=require";
    assert!(
        encrypted(&ENCRYPTED.info("eram", &format!("host=localhost sslmode=require {binding}")))
            .await
            .expect("a session")
    );
    for (user, mode) in [("eram", "disable"), ("trusted", "require")] {
        let error = refusal(&ENCRYPTED.info(user, &format!("host=localhost sslmode={mode} {binding}"))).await;
        assert_eq!(error.code(), "ERAM_CONFIG");
        assert!(error.to_string().contains("server did not use channel binding"), "{error}");
    }
}

#[tokio::test]
async fn a_socket_has_no_tls_whatever_the_mode() {
    let info = ENCRYPTED.info("eram", &format!("host={} sslmode=verify-full", ENCRYPTED.folder.display()));
    assert!(!encrypted(&info).await.expect("a session"));
    let info = ENCRYPTED.info("eram", "host=/nonexistent");
    let error = refusal(&info).await.to_string();
    let socket = format!("/nonexistent/.s.PGSQL.{}", ENCRYPTED.port);
    assert!(error.starts_with(&format!("database {socket}: cannot be reached: ")), "{error}");
}

#[tokio::test]
async fn refusals_keep_the_servers_words_and_never_the_password() {
    let server: &Server = &ENCRYPTED;
    for (settings, sqlstate, words) in [
        ("user=other password=hush", "28P01", "password authentication failed for user \"other\""),
        ("user=eram password=password dbname=nowhere", "3D000", "database \"nowhere\" does not exist"),
        (
            "user=eram password=password options='-c colour=red'",
            "42704",
            "unrecognized configuration parameter \"colour\"",
        ),
    ] {
        let info = server.info_of(&format!("host=127.0.0.1 {settings}"));
        match refusal(&info).await {
            Error::Database { sqlstate: got, message, .. } => {
                assert_eq!(got, sqlstate);
                assert_eq!(message, format!("database 127.0.0.1:{}: {words}", server.port));
            }
            error => panic!("{error}"),
        }
    }
    let error = refusal(&server.info_of("user=other host=127.0.0.1")).await;
    assert_eq!(error.code(), "ERAM_CONFIG");
    assert!(error.to_string().contains("expected a password for user \"other\""), "{error}");
}

#[tokio::test]
async fn the_password_file_is_named_when_its_password_is_refused() {
    let folder = crate::pg::conninfo::testing::folder();
    let file = folder.file("pgpass", "*:*:*:other:stale\n*:*:*:eram:password\n");
    let file = file.display();
    assert!(encrypted(&ENCRYPTED.info_of(&format!("user=eram host=localhost passfile={file}"))).await.is_ok());
    let error = refusal(&ENCRYPTED.info_of(&format!("user=other host=localhost passfile={file}"))).await.to_string();
    assert!(error.contains(&format!("; the password came from {file} ")), "{error}");
}

/// A port without a listener.
async fn dead_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    listener.local_addr().expect("its number").port()
}

#[tokio::test]
async fn hosts_are_tried_in_order_until_one_lets_us_in() {
    let dead = dead_port().await;
    let port = PLAIN.port;
    let info =
        PLAIN.info("eram", &format!("host=127.0.0.1,nohost.invalid,127.0.0.1,/nonexistent port={dead},1,{port},1"));
    assert!(!encrypted(&info).await.expect("the third"));
    let shuffled =
        PLAIN.info("eram", &format!("host=127.0.0.1,127.0.0.1 port={dead},{port} load_balance_hosts=random"));
    assert!(!encrypted(&shuffled).await.expect("whichever lives"));

    let info = PLAIN.info("eram", &format!("host=127.0.0.1,nohost.invalid port={dead},7"));
    let error = refusal(&info).await;
    assert_eq!(error.code(), "ERAM_UNAVAILABLE");
    let text = error.to_string();
    assert!(text.contains(&format!("database 127.0.0.1:{dead}: cannot be reached: ")), "{text}");
    assert!(text.contains("; database nohost.invalid:7: cannot be reached: "), "{text}");

    let info = PLAIN.info_of(&format!("user=other password=hush host=127.0.0.1,127.0.0.1 port={port},{dead}"));
    let error = refusal(&info).await;
    assert!(matches!(error, Error::Database { .. }), "a refusal to log in ends the search: {error}");
}

#[tokio::test]
async fn an_address_stands_in_for_the_look_up_of_a_name() {
    let info = ENCRYPTED.info(
        "eram",
        &format!("host=localhost hostaddr=127.0.0.1 sslmode=verify-full sslrootcert={}", ENCRYPTED.known.display()),
    );
    assert!(encrypted(&info).await.expect("the certificate is for the name"));
    let info = PLAIN.info("eram", "host=nohost.invalid hostaddr=127.0.0.1");
    assert!(!encrypted(&info).await.expect("the name is not looked up"));
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("its number").port();
    for mode in ["disable", "prefer", "require"] {
        let mut info = PLAIN.info("eram", &format!("host=127.0.0.1 port={port} sslmode={mode} connect_timeout=3"));
        info.connect_timeout = Some(Duration::from_millis(100));
        let error = refusal(&info).await;
        assert_eq!(error.code(), "ERAM_UNAVAILABLE");
        assert!(error.to_string().contains(&format!("127.0.0.1:{port}: expected an answer within")), "{error}");
    }
}

#[tokio::test]
async fn target_session_attrs_choose_among_servers() {
    let read_only = "options='-c default_transaction_read_only=on'";
    for (target, settings, fits) in [
        ("any", "", true),
        ("read-write", "", true),
        ("read-write", read_only, false),
        ("read-only", "", false),
        ("read-only", read_only, true),
        ("primary", "", true),
        ("primary", read_only, true),
        ("standby", "", false),
        ("prefer-standby", "", true),
    ] {
        let info = PLAIN.info("eram", &format!("host=127.0.0.1 target_session_attrs={target} {settings}"));
        match encrypted(&info).await {
            Ok(_) => assert!(fits, "{target} {settings}"),
            Err(error) => {
                assert!(!fits, "{target} {settings}: {error}");
                assert_eq!(error.code(), "ERAM_UNAVAILABLE");
                assert!(
                    error.to_string().contains(&format!("for target_session_attrs={target}, got a primary")),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test]
async fn the_session_has_the_settings_asked_for() {
    let info = PLAIN.info("eram", "host=127.0.0.1 options='-c statement_timeout=7s' application_name=shop");
    let options = Options { suffix: Some("listener".into()) };
    let (client, connection) = connect(&info, &options).await.expect("a connection");
    assert!(connection.parameter("server_version").is_some());
    let task = spawn(connection);
    let question = "SELECT current_setting('application_name'), current_setting('statement_timeout'), current_setting('client_encoding')";
    let row = client.query_one(question, &[]).await.expect("a row");
    assert_eq!((row.get(0), row.get(1), row.get(2)), ("shop listener", "7s", "UTF8"));
    drop(client);
    task.await.expect("the task ends with its client");
}

#[tokio::test]
async fn notifications_arrive_while_the_connection_is_polled_for_messages() {
    let info = PLAIN.info("eram", "host=127.0.0.1");
    let (client, mut connection) = connect(&info, &Options::default()).await.expect("a connection");
    connection.drive(client.batch_execute("LISTEN news")).await.expect("to listen");
    let sender = pool(&info, 1).expect("a pool").get().await.expect("a connection");
    sender.batch_execute("NOTIFY news, 'hello'").await.expect("to notify");
    match poll_fn(|cx| connection.poll_message(cx)).await {
        Some(Ok(AsyncMessage::Notification(news))) => assert_eq!((news.channel(), news.payload()), ("news", "hello")),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_pool_hands_out_connections_and_keeps_the_words_of_errors() {
    let info = PLAIN.info("eram", "host=127.0.0.1");
    let pool = pool_with(&info, 2, &Options { suffix: Some("store".into()) }).expect("a pool");
    let (first, second) = (pool.get().await.expect("one"), pool.get().await.expect("two"));
    let row = first.query_one("SELECT current_setting('application_name')", &[]).await.expect("a row");
    assert_eq!(row.get::<_, &str>(0), "eramjs store");
    drop((first, second));
    assert_eq!((pool.status().size, pool.status().max_size), (2, 2));
    pool.close();
    let error = Error::from(pool.get().await.expect_err("a closed pool"));
    assert_eq!(error.code(), "ERAM_NOT_RUNNING");

    let info = PLAIN.info("nobody", "host=127.0.0.1");
    let error = Error::from(super::pool(&info, 1).expect("a pool").get().await.expect_err("a refusal"));
    assert_eq!(error.to_string(), refusal(&info).await.to_string());
    let info = PLAIN.info("eram", &format!("host=127.0.0.1 port={}", dead_port().await));
    let error = Error::from(super::pool(&info, 1).expect("a pool").get().await.expect_err("a closed port"));
    assert_eq!(error.to_string(), refusal(&info).await.to_string());
    assert_eq!(error.code(), "ERAM_UNAVAILABLE");

    let info = PLAIN.info("eram", "host=127.0.0.1 sslmode=verify-full");
    let error = super::pool(&info, 1).expect_err("a pool needs its certificates");
    assert_eq!(error.code(), "ERAM_CONFIG");
}

#[tokio::test]
async fn the_database_of_the_environment_lets_us_in() {
    let url = std::env::var("DATABASE_URL")
        .expect("these tests need DATABASE_URL, the URL of a PostgreSQL database; `npm test` gives one");
    let info = ConnInfo::resolve(Some(&url), &|name| std::env::var(name).ok()).expect("a URL");
    encrypted(&info).await.expect("a session");
}
