//! The closed list of connection parameters: every keyword of libpq, and the few that
//! node-postgres, Prisma and hosting providers put into URLs. A parameter is used, ignored because
//! nothing is lost, or checked by its value.
//!
//! PostgreSQL manual, chapter libpq, "Parameter Key Words" and "Environment Variables".

/// How a parameter is handled.
#[derive(Clone, Copy)]
pub(super) enum Handling {
    Used,
    /// Known, but without effect here.
    Ignored,
    /// Not supported; the function says why a value must be rejected rather than ignored.
    Checked(fn(&str) -> Option<&'static str>),
}

pub(super) struct Word {
    pub name: &'static str,
    /// The environment variable from which libpq reads it.
    pub env: Option<&'static str>,
    pub handling: Handling,
}

pub(super) fn find(name: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.name == name)
}

/// The known keyword that is most similar to a mistyped one.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let distance = |word: &Word| strsim::damerau_levenshtein(word.name, &name);
    let best = WORDS.iter().min_by_key(|word| distance(word))?;
    (distance(best) <= 1 + best.name.len() / 6).then_some(best.name)
}

const fn used(name: &'static str, env: &'static str) -> Word {
    Word { name, env: Some(env), handling: Handling::Used }
}

const fn url_only(name: &'static str) -> Word {
    Word { name, env: None, handling: Handling::Used }
}

const fn ignored(name: &'static str) -> Word {
    Word { name, env: None, handling: Handling::Ignored }
}

const fn judged(name: &'static str, env: Option<&'static str>, refuse: fn(&str) -> Option<&'static str>) -> Word {
    Word { name, env, handling: Handling::Checked(refuse) }
}

pub(super) const WORDS: &[Word] = &[
    used("service", "PGSERVICE"),
    used("servicefile", "PGSERVICEFILE"),
    used("host", "PGHOST"),
    used("hostaddr", "PGHOSTADDR"),
    used("port", "PGPORT"),
    used("dbname", "PGDATABASE"),
    used("user", "PGUSER"),
    used("password", "PGPASSWORD"),
    used("passfile", "PGPASSFILE"),
    used("options", "PGOPTIONS"),
    used("application_name", "PGAPPNAME"),
    url_only("fallback_application_name"),
    used("connect_timeout", "PGCONNECT_TIMEOUT"),
    used("target_session_attrs", "PGTARGETSESSIONATTRS"),
    used("load_balance_hosts", "PGLOADBALANCEHOSTS"),
    used("channel_binding", "PGCHANNELBINDING"),
    url_only("keepalives"),
    url_only("keepalives_idle"),
    url_only("keepalives_interval"),
    url_only("keepalives_count"),
    url_only("tcp_user_timeout"),
    used("sslmode", "PGSSLMODE"),
    used("sslnegotiation", "PGSSLNEGOTIATION"),
    used("sslrootcert", "PGSSLROOTCERT"),
    used("sslcert", "PGSSLCERT"),
    used("sslkey", "PGSSLKEY"),
    used("sslcertmode", "PGSSLCERTMODE"),
    used("sslcrl", "PGSSLCRL"),
    used("sslcrldir", "PGSSLCRLDIR"),
    used("sslsni", "PGSSLSNI"),
    used("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION"),
    used("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION"),
    used("requiressl", "PGREQUIRESSL"),
    used("requirepeer", "PGREQUIREPEER"),
    // Known to libpq, but without use in this client.
    ignored("client_encoding"),
    ignored("sslcompression"),
    ignored("sslpassword"),
    ignored("sslkeylogfile"),
    ignored("krbsrvname"),
    ignored("gsslib"),
    ignored("gssdelegation"),
    ignored("max_protocol_version"),
    ignored("tty"),
    ignored("authtype"),
    judged("gssencmode", Some("PGGSSENCMODE"), |value| {
        (value == "require").then_some("GSSAPI encryption is not available here; use sslmode=verify-full")
    }),
    judged("require_auth", Some("PGREQUIREAUTH"), |_| {
        Some(
            "the method of authentication cannot be restricted here; channel_binding=require insists on SCRAM over TLS",
        )
    }),
    judged("min_protocol_version", Some("PGMINPROTOCOLVERSION"), |value| {
        (value != "3.0").then_some("only version 3.0 of the protocol is spoken here")
    }),
    judged("replication", None, |value| {
        let off = ["false", "off", "no", "0"].contains(&value);
        (!off).then_some("a replication connection cannot run jobs; leave it out")
    }),
    judged("scram_client_key", None, |_| Some("SCRAM keys are not supported; use password")),
    judged("scram_server_key", None, |_| Some("SCRAM keys are not supported; use password")),
    judged("oauth_issuer", None, |_| Some("OAuth is not supported; use password or a client certificate")),
    judged("oauth_client_id", None, |_| Some("OAuth is not supported; use password or a client certificate")),
    judged("oauth_client_secret", None, |_| Some("OAuth is not supported; use password or a client certificate")),
    judged("oauth_scope", None, |_| Some("OAuth is not supported; use password or a client certificate")),
    // Of an `ssl` object in a config of Node.js: its `servername`.
    url_only("sslservername"),
    // node-postgres
    url_only("ssl"),
    url_only("statement_timeout"),
    url_only("lock_timeout"),
    url_only("idle_in_transaction_session_timeout"),
    ignored("encoding"),
    ignored("query_timeout"),
    ignored("keepAlive"),
    ignored("uselibpqcompat"),
    // Prisma and its hosting providers
    url_only("pgbouncer"),
    ignored("schema"),
    ignored("connection_limit"),
    ignored("pool_timeout"),
    ignored("socket_timeout"),
    ignored("max_connection_lifetime"),
    ignored("max_idle_connection_lifetime"),
    ignored("statement_cache_size"),
    ignored("supa"),
    judged("sslaccept", None, |value| {
        (value != "accept_invalid_certs")
            .then_some("write sslmode=verify-full, with sslrootcert=system for public authorities")
    }),
    judged("sslidentity", None, |_| Some("PKCS #12 files are not read; use sslcert and sslkey with PEM files")),
];

#[cfg(test)]
mod tests {
    use super::{WORDS, nearest};

    #[test]
    fn a_mistyped_keyword_finds_its_neighbour_and_a_strange_one_finds_none() {
        for (typed, meant) in [
            ("sslmod", Some("sslmode")),
            ("SSLMODE", Some("sslmode")),
            ("aplication_name", Some("application_name")),
            ("conect_timeout", Some("connect_timeout")),
            ("dbnmae", Some("dbname")),
            ("colour", None),
        ] {
            assert_eq!(nearest(typed), meant, "{typed}");
        }
    }

    #[test]
    fn every_keyword_is_listed_once() {
        let mut names: Vec<_> = WORDS.iter().map(|word| word.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
