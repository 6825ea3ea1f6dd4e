mod groups;

use serde_json::{Value, json};

use super::*;
use crate::model::draft::Isolation;
use crate::plugins::{self, Plugins};

/// The options of an engine and of its plugins.
struct Options {
    config: Config,
    plugins: Plugins,
}

impl Options {
    fn effective(&self) -> Value {
        let mut all = self.config.effective();
        all.extend(self.plugins.effective());
        all.into()
    }
}

fn read(options: &Value) -> Result<Options> {
    let mut config = Config::from_json(&options.to_string(), &plugins::keys())?;
    let plugins = Plugins::read(&mut config)?;
    Ok(Options { config, plugins })
}

/// The options of a plugin with their values.
fn effective(options: &Value, plugin: &str) -> Value {
    read(options).unwrap().effective()[plugin].clone()
}

fn known() -> String {
    [Config::known(), plugins::keys()].concat().join(", ")
}

fn refusal(options: &Value) -> String {
    let Err(error) = read(options) else { panic!("{options}: expected a refusal") };
    assert_eq!(error.code(), "ERAM_CONFIG");
    error.to_string()
}

#[test]
fn everything_has_a_default() {
    let options = read(&json!({})).unwrap();
    assert!(options.config.is_enqueue_only());
    assert_eq!(
        options.effective(),
        json!({
            "name": "default", "node": "node", "prefix": "public", "url": null, "listen_url": null, "pool": 4,
            "pgbouncer": false, "notify": true, "poll_interval": 1_000, "environment": null, "version": null, "isolation": "thread",
            "cluster_events": false, "slow_query": 1_000, "statement_timeout": 15_000,
            "grace": 15_000, "abort_grace": 5_000, "heartbeat_interval": 5_000, "idle": false, "max_args_bytes": 1_048_576,
            "max_result_bytes": 65_536, "max_error_bytes": 8_192, "max_crashes": 3, "max_rss": null, "queues": {}, "peer": true,
            "prune": { "audit_max_age": 7_776_000, "interval": 30_000, "limit": 10_000, "max_age": 86_400 },
            "lifeline": { "interval": 60_000, "rescue_after": 3_600_000 },
            "stager": { "interval": 5_000, "limit": 5_000 },
            "metrics": { "keep": { "10s": 7_200, "1m": 86_400, "1h": 2_592_000 }, "max_series": 1_000 }, "testing": null,
            "reindexer": false, "plugins": [], "cron": [], "timezone": "Etc/UTC",
        })
    );
}

#[test]
fn what_is_in_effect_is_read_back() {
    let options = read(&json!({
        "name": "one", "node": "web.1", "prefix": "jobs", "url": "postgres://me@db/app", "listen_url": "postgres://me@db2/app",
        "pool": 2, "pgbouncer": true, "notify": false, "poll_interval": "2s", "environment": "test", "version": "1.2.3", "isolation": "main",
        "slow_query": false, "grace": { "seconds": 30 }, "abort_grace": 10_000, "heartbeat_interval": 1_000, "max_args_bytes": 1_000,
        "max_result_bytes": 2_000, "max_error_bytes": 3_000, "max_crashes": 5, "max_rss": 2_048, "timezone": "Europe/Berlin",
        "driver": { "type": "pg" }, "force": true, "signals": true, "logger": {},
        "queues": {
            "default": 5,
            "mail": { "limit": 4, "threads": 2, "isolation": "process", "paused": true, "poll_interval": 500,
                "abort_grace": "1s", "resource_limits": { "stack_size_mb": 8 }, "max_stuck_jobs": 1, "prefetch": false, "measure": true,
                "exec_argv": [] },
            "tenant": { "threads": { "group": "tenants", "count": 3 } },
        },
        "prune": { "interval": 1_000, "limit": 5, "max_age": { "days": 2 } },
        "lifeline": { "interval": "1 min", "rescue_after": "2h" },
        "stager": false, "reindexer": true,
        "plugins": [{ "name": "Sweep", "on": "node", "interval": "1 min", "timeout": 500 }, { "name": "Count" }],
        "cron": [["0 8 * * *", "Morning"], { "schedule": "@hourly", "job": "Sweep", "queue": "mail", "guaranteed": true }],
    }))
    .unwrap();
    let effective = options.effective();
    let again = read(&effective).unwrap();
    assert_eq!((again.effective(), again.config), (effective.clone(), options.config));
    assert_eq!(effective["prune"]["max_age"], json!(172_800));
    assert_eq!(effective["cron"][0]["timezone"], json!("Europe/Berlin"));
    assert_eq!(effective["reindexer"]["timezone"], json!("Etc/UTC"));
    assert_eq!(effective["stager"], json!(false));
    assert_eq!(
        effective["plugins"],
        json!([
            { "name": "Sweep", "on": "node", "interval": 60_000, "timeout": 500 },
            { "name": "Count", "on": "leader", "interval": 60_000, "timeout": 300_000 },
        ])
    );
}

#[test]
fn an_engine_leads_for_a_plugin_of_the_application() {
    let options = |on: &str| json!({ "prune": false, "lifeline": false, "stager": false, "plugins": [{ "name": "Sweep", "on": on }] });
    assert_eq!(effective(&options("leader"), "peer"), json!(true));
    assert_eq!(effective(&options("node"), "peer"), json!(false));
}

#[test]
fn the_seeds_example_is_accepted() {
    let all = read(&json!({
        "queues": { "default": { "limit": 10 } },
        "prune": { "interval": 30_000, "limit": 10_000, "max_age": 60 },
        "lifeline": { "interval": 60_000, "rescue_after": 3_600_000 },
        "reindexer": { "schedule": "@midnight", "indexes": ["eram_jobs_args_index", "eram_jobs_meta_index"], "timeout": 15, "timezone": "Etc/UTC" },
        "cron": [["* * * * * ", "MinuteWorker"], ["0 * * * * ", "HourlyWorker", { "custom": "arg" }]],
    }))
    .unwrap()
    .effective();
    assert_eq!(all["prune"]["max_age"], json!(60));
    assert_eq!(all["lifeline"]["rescue_after"], json!(3_600_000));
    assert_eq!(all["reindexer"]["timeout"], json!(15));
    let entry = |name: &str, schedule: &str, job: &str, args: Value| {
        json!({
            "name": name, "schedule": schedule, "job": job, "args": args, "timezone": "Etc/UTC", "guaranteed": false, "paused": false,
        })
    };
    assert_eq!(all["cron"][0], entry("MinuteWorker * * * * *", "* * * * *", "MinuteWorker", json!({})));
    let name = all["cron"][1]["name"].as_str().unwrap();
    assert!(name.starts_with("HourlyWorker 0 * * * * #"), "{name}");
    assert_eq!(all["cron"][1], entry(name, "0 * * * *", "HourlyWorker", json!({ "custom": "arg" })));
}

#[test]
fn a_queue_takes_from_its_engine() {
    let Options { config, .. } =
        read(&json!({ "queues": { "b": 3, "a": {} }, "abort_grace": 2_000, "poll_interval": 50 })).unwrap();
    let [a, b] = &config.queues[..] else { panic!("two queues, by name") };
    assert_eq!((a.name.as_str(), a.limit, a.max_stuck_jobs, a.threads.count()), ("a", 10, 10, 1));
    assert_eq!((b.name.as_str(), b.limit, b.max_stuck_jobs, b.isolation), ("b", 3, 3, None));
    assert_eq!((a.abort_grace, a.poll_interval), (Duration::from_secs(2), Duration::from_millis(50)));
    let later = config.queue("c", r#"{"limit":2,"isolation":"process"}"#).unwrap();
    assert_eq!((later.limit, later.isolation), (2, Some(Isolation::Process)));
    assert_eq!(config.queue("c", "0").unwrap_err().to_string(), "c: expected a positive integer, got 0");
}

#[test]
fn the_abort_grace_follows_a_short_grace() {
    assert_eq!(read(&json!({ "grace": 0 })).unwrap().config.abort_grace, Duration::ZERO);
    assert_eq!(read(&json!({ "grace": 60_000 })).unwrap().config.abort_grace, Duration::from_secs(5));
}

#[test]
fn cron_entries_have_names_of_their_own() {
    let names = |entries: Value| -> Vec<String> {
        let all = effective(&json!({ "cron": entries }), "cron");
        all.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(json!([
            ["0  8 * * *", "A"],
            ["0 8 * * *", "A", null, { "timezone": "Europe/Berlin" }],
            ["0 8 * * *", "A", {}, { "name": "mine" }],
            ["0 8 * * *", "A", { "x": 1 }],
            { "schedule": "0 8 * * *", "job": "A", "args": { "x": 2 } },
        ])),
        [
            "A 0 8 * * *",
            "A 0 8 * * * Europe/Berlin",
            "mine",
            "A 0 8 * * * #f35463344c85c9b6",
            "A 0 8 * * * #45d82a76310bb481"
        ]
    );
    assert_eq!(
        names(json!([["@daily", "A", { "b": 1, "a": 2 }]])),
        names(json!([["@daily", "A", { "a": 2, "b": 1 }]]))
    );
    assert_eq!(effective(&json!({ "cron": false }), "cron"), json!(false));
    assert_eq!(effective(&json!({}), "cron"), json!([]));
}

#[test]
fn what_does_not_fit_is_refused() {
    let duration =
        |range: &str, unit: &str| format!("a duration from {range} ({unit}, or {{ days: 1 }}, or \"1 day\")");
    let plugin = "true, false or an object of options";
    for (options, message) in [
        (json!([]), "options: expected an object, got []".to_owned()),
        (json!({ "rescue_afer": 1 }), "unknown option \"rescue_afer\"; known are ".to_owned() + &known()),
        (json!({ "que": {} }), "unknown option \"que\"; known are ".to_owned() + &known()),
        (json!({ "queue": {} }), "unknown option \"queue\", did you mean \"queues\"?".to_owned()),
        (json!({ "pollInterval": 5 }), "unknown option \"pollInterval\", did you mean \"poll_interval\"?".to_owned()),
        (
            json!({ "lifeline": { "rescue_afer": 1 } }),
            "lifeline: unknown option \"rescue_afer\", did you mean \"rescue_after\"?".to_owned(),
        ),
        (
            json!({ "queues": { "mail": { "limit": 0 } } }),
            "queues.mail.limit: expected a positive integer, got 0".to_owned(),
        ),
        (json!({ "queues": { "mail": 1.5 } }), "queues.mail: expected a positive integer, got 1.5".to_owned()),
        (
            json!({ "queues": { "mail": "5" } }),
            "queues.mail: expected a positive integer or an object { limit, threads, … }, got \"5\"".to_owned(),
        ),
        (
            json!({ "queues": { "mail": { "limits": 3 } } }),
            "queues.mail: unknown option \"limits\", did you mean \"limit\"?".to_owned(),
        ),
        (json!({ "queues": { "": 3 } }), "queues[\"\"]: expected a name of 1 to 127 characters, got 0".to_owned()),
        (
            json!({ "queues": { "a\0b": 3 } }),
            "queues[\"a\\0b\"]: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)".to_owned(),
        ),
        (
            json!({ "queues": { "a": { "limit": 2, "threads": 3 } } }),
            "queues.a.threads: expected at most the limit, which is 2, got 3".to_owned(),
        ),
        (
            json!({ "queues": { "a": { "threads": 3, "isolation": "main" } } }),
            "queues.a.threads: expected 1, because isolation is \"main\", got 3".to_owned(),
        ),
        (
            json!({ "queues": { "a": { "isolation": "fork" } } }),
            "queues.a.isolation: expected \"main\", \"thread\" or \"process\", got \"fork\"".to_owned(),
        ),
        (
            json!({ "queues": { "a": { "abort_grace": 20_000 } } }),
            "queues.a.abort_grace: expected at most grace, which is 15000 ms, got 20000".to_owned(),
        ),
        (
            json!({ "queues": { "a": { "resource_limits": { "stackSizeMb": 4 } } } }),
            "queues.a.resource_limits: unknown option \"stackSizeMb\", did you mean \"stack_size_mb\"?".to_owned(),
        ),
        (
            json!({ "grace": 1_000, "abort_grace": 2_000 }),
            "abort_grace: expected at most grace, which is 1000 ms, got 2000".to_owned(),
        ),
        (
            json!({ "heartbeat_interval": 10_000 }),
            format!("heartbeat_interval: expected {}, got 10000", duration("100 ms to 6 s", "milliseconds")),
        ),
        (
            json!({ "poll_interval": 0 }),
            format!("poll_interval: expected {}, got 0", duration("10 ms to 1 day", "milliseconds")),
        ),
        (
            json!({ "prune": { "max_age": "never" } }),
            format!("prune.max_age: expected {}, got \"never\"", duration("1 s to 36525 days", "seconds")),
        ),
        (json!({ "prune": 5 }), format!("prune: expected {plugin}, got 5")),
        (json!({ "prune": { "limit": -1 } }), "prune.limit: expected a positive integer, got -1".to_owned()),
        (json!({ "pool": 0 }), "pool: expected a positive integer, got 0".to_owned()),
        (json!({ "max_error_bytes": 100 }), "max_error_bytes: expected an integer of 1024 or more, got 100".to_owned()),
        (
            json!({ "max_args_bytes": 1e12 }),
            "max_args_bytes: expected an integer of at most 267386880, got 1000000000000.0".to_owned(),
        ),
        (json!({ "node": "a b" }), "node: expected a name without blanks, got \"a b\"".to_owned()),
        (json!({ "notify": "yes" }), "notify: expected true or false, got \"yes\"".to_owned()),
        (
            json!({ "timezone": "Berlin" }),
            "timezone: expected the name of a time zone such as \"Europe/Berlin\", got \"Berlin\"".to_owned(),
        ),
        (
            json!({ "reindexer": { "schedule": "@reboot" } }),
            "reindexer.schedule: expected a schedule with instants, got \"@reboot\"".to_owned(),
        ),
        (
            json!({ "reindexer": { "schedule": "0 0 30 2 *" } }),
            "reindexer.schedule: expected a day and a month that go together, got \"0 0 30 2 *\"".to_owned(),
        ),
        (
            json!({ "reindexer": { "indexes": "a" } }),
            "reindexer.indexes: expected a list of index names, got \"a\"".to_owned(),
        ),
    ] {
        assert_eq!(refusal(&options), message, "{options}");
    }
}

#[test]
fn what_is_no_cron_entry_is_refused() {
    let forms = "[expression, job, args?, options?] or { schedule, job, args, … }";
    for (entry, message) in [
        (json!("@daily"), format!("cron[0]: expected {forms}, got \"@daily\"")),
        (json!(["@daily"]), format!("cron[0]: expected {forms}, got [\"@daily\"]")),
        (json!(["@daily", "A", {}, {}, 1]), format!("cron[0]: expected {forms}, got [\"@daily\",\"A\",{{}},{{}},1]")),
        (json!(["* * * *", "A"]), "cron[0][0]: expected five fields (minute hour day month weekday) or a nickname such as \"@daily\", got \"* * * *\"".to_owned()),
        (json!(["61 * * * *", "A"]), "cron[0][0]: expected 0 to 59 in the minute field, got \"61\"".to_owned()),
        (json!(["@daily", ""]), "cron[0][1]: expected a text of 1 to 127 characters, got \"\"".to_owned()),
        (json!(["@daily", "A", [1]]), "cron[0][2]: expected an object, got [1]".to_owned()),
        (json!(["@daily", "A", {}, { "priority": 10 }]), "cron[0][3].priority: expected an integer of at most 9, got 10".to_owned()),
        (json!(["@daily", "A", {}, { "timezon": "UTC" }]), "cron[0][3]: unknown option \"timezon\", did you mean \"timezone\"?".to_owned()),
        (json!({ "schedule": "@daily" }), "cron[0].job: expected a job class or its name, got nothing".to_owned()),
        (json!({ "schedule": "@daily", "job": "A", "guaranteed": 1 }), "cron[0].guaranteed: expected true or false, got 1".to_owned()),
        (json!({ "schedule": "@daily", "job": "A", "timezone": "Mars" }), "cron[0].timezone: expected the name of a time zone such as \"Europe/Berlin\", got \"Mars\"".to_owned()),
        (json!({ "cron": "@daily", "job": "A" }), format!("cron[0]: unknown option \"cron\"; known are schedule, job, args, timezone, name, guaranteed, paused, {}", crate::model::draft::JOB_KEYS.join(", "))),
    ] {
        assert_eq!(refusal(&json!({ "cron": [entry] })), message);
    }
    assert_eq!(
        refusal(&json!({ "cron": [["@daily", "A"], [" @daily", "A"]] })),
        "cron[1]: expected an entry unlike the others, got \"A @daily\" as in cron[0]; give one of them another name"
    );
    assert_eq!(
        refusal(&json!({ "max_args_bytes": 10, "cron": [["@daily", "A", { "a": "long enough" }]] })),
        "cron[0][2]: expected at most 10 bytes of JSON (max_args_bytes), got 19; keep the data elsewhere and pass a reference to it"
    );
    assert_eq!(refusal(&json!({ "cron": {} })), "cron: expected a list of entries, or false, got {}");
}

#[test]
fn a_prefix_is_a_plain_schema() {
    for (prefix, fits) in [
        ("public", true),
        ("_jobs", true),
        ("Tenant-1", true),
        (&"a".repeat(40), true),
        (&"a".repeat(41), false),
        ("1jobs", false),
        ("pg_jobs", false),
        ("jobs; drop", false),
        ("a.b", false),
        ("é", false),
        ("", false),
        ("information_schema", false),
    ] {
        assert_eq!(read(&json!({ "prefix": prefix })).is_ok(), fits, "{prefix}");
    }
    assert_eq!(
        refusal(&json!({ "prefix": "a b" })),
        "prefix: expected a schema of up to 40 letters, digits, \"_\" and \"-\" that starts with a letter or \"_\" and not with \"pg_\", got \"a b\""
    );
}

#[test]
fn null_is_absent() {
    let nulls = json!({ "name": null, "queues": null, "prune": null, "cron": null, "url": null, "timezone": null });
    let [given, absent] = [nulls, json!({})].map(|it| read(&it).unwrap());
    assert_eq!((given.effective(), given.config), (absent.effective(), absent.config));
}

#[test]
fn sleep_is_a_switch_or_has_its_times() {
    let idle = |it: Value| read(&json!({ "idle": it })).unwrap().effective()["idle"].clone();
    assert_eq!(idle(json!(false)), json!(false));
    assert_eq!(idle(json!(true)), json!({ "after": 60_000, "longest": 3_600_000 }));
    assert_eq!(
        idle(json!({ "after": "5 minutes", "longest": { "days": 1 } })),
        json!({ "after": 300_000, "longest": 86_400_000 })
    );
    assert_eq!(refusal(&json!({ "idle": "1m" })), r#"idle: expected true, false or an object of options, got "1m""#);
    assert!(refusal(&json!({ "idle": { "longest": "1s" } })).starts_with("idle.longest: expected"));
}
