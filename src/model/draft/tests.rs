use serde_json::{Value, json};

use super::*;
use crate::model::backoff::Backoff;

fn registered(options: &Value) -> Result<Registration> {
    let mut all = json!({ "name": "Mail" });
    all.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    Registration::from_json(&all.to_string())
}

fn draft(class: &Value, options: &Value) -> Value {
    let text = registered(class).unwrap().draft(&options.to_string()).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_class_is_returned_with_all_defaults() {
    let got: Value = serde_json::from_str(&registered(&json!({})).unwrap().to_json()).unwrap();
    assert_eq!(
        got,
        json!({
            "name": "Mail", "filename": null, "aliases": [], "queue": "default", "priority": 0, "max_attempts": 20,
            "tags": [], "meta": {}, "unique": null, "timeout": null, "backoff": "oban", "version": null,
            "isolation": null, "transaction": false, "store_logs": null, "measure": null,
        })
    );
}

#[test]
fn a_class_is_read_back_as_it_was_written() {
    let class = registered(&json!({
        "filename": "/app/mail.js", "aliases": ["OldMail"], "queue": "emails", "priority": 3, "max_attempts": 5,
        "tags": ["a"], "meta": { "team": "x" }, "unique": { "period": 30 }, "timeout": "1 minute", "backoff": "exp",
        "version": "min", "isolation": "process", "transaction": { "isolation": "serializable", "timeout": "1 minute" }, "store_logs": true, "measure": false,
    }))
    .unwrap();
    assert_eq!(Registration::from_json(&class.to_json()).unwrap(), class);
    for transaction in [json!(true), json!(false), json!({ "isolation": "repeatable read", "timeout": 5000 })] {
        let class = registered(&json!({ "transaction": transaction })).unwrap();
        let got: Value = serde_json::from_str(&class.to_json()).unwrap();
        assert_eq!(got["transaction"], transaction);
    }
    assert_eq!(class.options.backoff, Some(Backoff::Exp));
}

#[test]
fn a_class_runs_where_it_or_its_queue_or_its_engine_says() {
    use Isolation::{Main, Process, Thread};
    for (options, queue, engine, place) in [
        (json!({}), Some(Process), Process, Main),
        (json!({ "filename": "/a.js" }), None, Thread, Thread),
        (json!({ "filename": "/a.js" }), None, Process, Process),
        (json!({ "filename": "/a.js" }), Some(Process), Thread, Process),
        (json!({ "filename": "/a.js" }), Some(Main), Thread, Main),
        (json!({ "filename": "/a.js", "isolation": "thread" }), Some(Process), Process, Thread),
        (json!({ "filename": "/a.js", "isolation": "main" }), Some(Process), Thread, Main),
        (json!({ "filename": "/a.js" }), Some(Process), Main, Main),
        (json!({ "filename": "/a.js", "isolation": "thread" }), None, Main, Main),
    ] {
        let got = registered(&options).unwrap().isolation_in(queue, engine);
        assert_eq!(got, place, "{options} on {queue:?} of {engine:?}");
    }
}

#[test]
fn a_draft_says_only_what_differs() {
    for (class, options, expected) in [
        (json!({}), json!({}), json!({ "worker": "Mail" })),
        (json!({}), json!({ "queue": null, "notify": true }), json!({ "worker": "Mail" })),
        // Given: the defaults of the queue do not replace them.
        (json!({}), json!({ "priority": 0 }), json!({ "worker": "Mail", "priority": 0 })),
        (json!({ "max_attempts": 20 }), json!({}), json!({ "worker": "Mail", "max_attempts": 20 })),
        (
            json!({ "queue": "emails", "priority": 3, "tags": ["a"], "meta": { "a": 1 }, "timeout": 500, "version": "pinned" }),
            json!({}),
            json!({
                "worker": "Mail", "queue": "emails", "priority": 3, "tags": ["a"], "meta": { "a": 1 }, "timeout": 500,
                "version_rule": "pinned",
            }),
        ),
        (
            json!({ "queue": "emails", "priority": 3, "tags": ["a"], "meta": { "a": 1 }, "timeout": 500, "version": "pinned" }),
            json!({ "queue": "default", "priority": 0, "tags": [], "meta": {}, "timeout": false, "version": false }),
            json!({ "worker": "Mail", "priority": 0 }),
        ),
        (json!({ "backoff": "exp" }), json!({}), json!({ "worker": "Mail" })),
        (json!({ "backoff": "exp" }), json!({ "backoff": "oban" }), json!({ "worker": "Mail", "backoff": "oban" })),
        (json!({ "unique": true }), json!({ "unique": false }), json!({ "worker": "Mail" })),
        (json!({}), json!({ "schedule_in": 0 }), json!({ "worker": "Mail", "schedule_in": 0 })),
        (json!({}), json!({ "schedule_in": 1.5 }), json!({ "worker": "Mail", "schedule_in": 1.5 })),
        (json!({}), json!({ "schedule_in": { "hours": 1 } }), json!({ "worker": "Mail", "schedule_in": 3_600 })),
        (
            json!({}),
            json!({ "scheduled_at": "2030-01-01T01:00:00.5+01:00", "state": "suspended", "notify": false }),
            json!({
                "worker": "Mail", "scheduled_at": "2030-01-01T00:00:00.500000Z", "state": "suspended", "notify": false,
            }),
        ),
    ] {
        assert_eq!(draft(&class, &options), expected, "{options}");
    }
    let unique =
        draft(&json!({ "unique": { "period": 30 } }), &json!({ "unique": { "keys": ["id"] } }))["unique"].clone();
    assert_eq!((&unique["period"], &unique["keys"]), (&json!(30), &json!(["id"])));
}

#[test]
fn a_draft_can_be_spliced() {
    let text = registered(&json!({})).unwrap().draft("{}").unwrap();
    assert_eq!(text, r#"{"worker":"Mail"}"#);
    let spliced = format!("{},\"args\":{{}}}}", &text[..text.len() - 1]);
    assert!(serde_json::from_str::<Value>(&spliced).is_ok());
}

#[test]
fn the_normal_form_of_a_class_serves_as_options() {
    let class = registered(&json!({ "queue": "q", "unique": true, "timeout": 5, "meta": { "a": 1 } })).unwrap();
    let Value::Object(mut normal) = serde_json::from_str(&class.to_json()).unwrap() else { unreachable!() };
    let left = ["backoff", "priority", "max_attempts"];
    normal.retain(|key, _| JOB_KEYS.contains(&key.as_str()) && !left.contains(&key.as_str()));
    let by_name = Registration::unknown("Mail").unwrap().draft(&Value::Object(normal).to_string()).unwrap();
    assert_eq!(by_name, class.draft("{}").unwrap());
}

#[test]
fn what_a_class_may_not_say() {
    for (options, message) in [
        (json!({ "name": "" }), "name: expected a text of 1 to 127 characters, got \"\""),
        (json!({ "name": null }), "name: expected the name of the class, got nothing"),
        (json!({ "max_attempts": 0 }), "Mail.max_attempts: expected a positive integer, got 0"),
        (json!({ "max_attempts": 1.5 }), "Mail.max_attempts: expected a positive integer, got 1.5"),
        (json!({ "max_atempts": 3 }), "Mail: unknown option \"max_atempts\", did you mean \"max_attempts\"?"),
        (json!({ "maxAttempts": 3 }), "Mail: unknown option \"maxAttempts\", did you mean \"max_attempts\"?"),
        (
            json!({ "schedule_in": 3 }),
            "Mail: unknown option \"schedule_in\"; known are name, filename, aliases, isolation, transaction, store_logs, measure, queue, priority, max_attempts, tags, meta, unique, timeout, backoff, version",
        ),
        (json!({ "priority": 10 }), "Mail.priority: expected an integer of at most 9, got 10"),
        (json!({ "priority": -1 }), "Mail.priority: expected an integer from 0 to 9, got -1"),
        (json!({ "queue": "" }), "Mail.queue: expected a text of 1 to 127 characters, got \"\""),
        (
            json!({ "queue": "a\0" }),
            "queue: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)",
        ),
        (json!({ "tags": ["a", 1] }), "Mail.tags[1]: expected a text of 1 to 255 characters, got 1"),
        (json!({ "tags": "a" }), "Mail.tags: expected a list of texts, got \"a\""),
        (json!({ "meta": [] }), "Mail.meta: expected an object, got []"),
        (
            json!({ "timeout": 0 }),
            "Mail.timeout: expected a duration from 1 ms to 999999999 ms (milliseconds, or { days: 1 }, or \"1 day\"), got 0",
        ),
        (json!({ "version": "same" }), "Mail.version: expected \"pinned\" or \"min\", got \"same\""),
        (
            json!({ "isolation": "thread" }),
            "Mail.isolation: expected \"main\", or a filename from which the class can be loaded elsewhere, got \"thread\"",
        ),
        (json!({ "aliases": ["Mail"] }), "Mail.aliases: expected names other than \"Mail\", got [\"Mail\"]"),
        (
            json!({ "transaction": 1 }),
            "Mail.transaction: expected true, false or an object with isolation and timeout, got 1",
        ),
        (
            json!({ "transaction": { "isolation": "snapshot" } }),
            "Mail.transaction.isolation: expected \"read committed\", \"repeatable read\" or \"serializable\", got \"snapshot\"",
        ),
        (
            json!({ "transaction": { "isolaton": "serializable" } }),
            "Mail.transaction: unknown option \"isolaton\", did you mean \"isolation\"?",
        ),
        (
            json!({ "transaction": { "timeout": 0 } }),
            "Mail.transaction.timeout: expected a duration from 1 ms to 999999999 ms (milliseconds, or { days: 1 }, or \"1 day\"), got 0",
        ),
        (
            json!({ "unique": { "period": "x" } }),
            "Mail.unique.period: expected a duration from 1 s to 36525 days (seconds, or { days: 1 }, or \"1 day\"), got \"x\"",
        ),
    ] {
        let error = registered(&options).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), ("ERAM_JOB", message), "{options}");
    }
}

#[test]
fn what_an_enqueue_may_not_say() {
    let class = registered(&json!({})).unwrap();
    for (options, message) in [
        ("[]", "Mail: expected an object, got []"),
        ("{", "Mail: expected JSON, got \"{\" (EOF while parsing an object at line 1 column 1)"),
        (
            r#"{"filename":"x"}"#,
            "Mail: unknown option \"filename\"; known are queue, priority, max_attempts, tags, meta, unique, timeout, backoff, version, schedule_in, scheduled_at, state, notify, profile",
        ),
        (
            r#"{"schedule_in":-1}"#,
            "Mail.schedule_in: expected a duration from 0 to 36525 days (seconds, or { days: 1 }, or \"1 day\"), got -1",
        ),
        (
            r#"{"schedule_in":1,"scheduled_at":"2030-01-01T00:00:00Z"}"#,
            "Mail: expected one of schedule_in and scheduled_at, got both",
        ),
        (
            r#"{"scheduled_at":"2030-01-01"}"#,
            "Mail.scheduled_at: expected a Date or an RFC 3339 time such as \"2030-01-31T09:00:00Z\", got \"2030-01-01\"",
        ),
        (
            r#"{"scheduled_at":"0000-01-01T00:00:00Z"}"#,
            "Mail.scheduled_at: expected a Date or an RFC 3339 time such as \"2030-01-31T09:00:00Z\", got \"0000-01-01T00:00:00Z\"",
        ),
        (r#"{"state":"completed"}"#, "Mail.state: expected \"suspended\", got \"completed\""),
        (
            r#"{"meta":{"a":["\u0000"]}}"#,
            "Mail.meta.a[0]: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)",
        ),
        (
            r#"{"meta":{"a\udc00":1}}"#,
            "Mail.meta[\"a\\\\udc00\"]: expected what PostgreSQL can store as jsonb, got half of a surrogate pair (\\ud800 to \\udfff alone)",
        ),
        (r#"{"notify":0}"#, "Mail.notify: expected true or false, got 0"),
    ] {
        assert_eq!(class.draft(options).unwrap_err().to_string(), message, "{options}");
    }
}

#[test]
fn a_worker_can_be_known_by_name_alone() {
    assert_eq!(Registration::unknown("Other").unwrap().draft("{}").unwrap(), r#"{"worker":"Other"}"#);
    for (name, message) in [
        ("", "worker: expected a text of 1 to 127 characters, got \"\""),
        ("a\0", "worker: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)"),
    ] {
        assert_eq!(Registration::unknown(name).unwrap_err().to_string(), message);
    }
    assert!(Registration::unknown(&"é".repeat(127)).is_ok());
    assert!(Registration::unknown(&"é".repeat(128)).is_err());
}

#[test]
fn arguments_are_measured_and_looked_through() {
    assert!(check_args(r#"{"a":1}"#, 7).is_ok());
    assert_eq!(
        check_args(r#"{"a":12}"#, 7).unwrap_err().to_string(),
        "args: expected at most 7 bytes of JSON (max_args_bytes), got 8; keep the data elsewhere and pass a reference to it"
    );
    assert_eq!(
        check_args(r#"{"items":[0,1,{"id":"\u0000"}]}"#, 1_000).unwrap_err().to_string(),
        "args.items[2].id: expected what PostgreSQL can store as jsonb, got a NUL character (\\u0000)"
    );
    let deep = "[".repeat(513) + &"]".repeat(513);
    assert!(check_args(&deep, 10_000).unwrap_err().to_string().ends_with("got more than 512 levels of nesting"));
}

/// The same value with `1.0` written as `1`, as JavaScript does.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(n) if n.fract() == 0.0 && n.abs() < 1e15 => json!(format!("{n}")),
            _ => value.clone(),
        },
        Value::Array(all) => all.iter().map(plain).collect(),
        Value::Object(all) => Value::Object(all.iter().map(|(key, value)| (key.clone(), plain(value))).collect()),
        _ => value.clone(),
    }
}

/// What `lib/producer/` gives too, which builds drafts without the engine.
#[test]
fn drafts_and_refusals_are_those_that_are_written_down() {
    let file = include_str!("../../../__test__/support/fixtures/drafts.json");
    let vectors: Vec<Value> = serde_json::from_str(file).expect("JSON");
    assert!(vectors.len() >= 200);
    for vector in vectors {
        let worker = vector["worker"].as_str().expect("a text");
        let class = match vector["class"].as_object() {
            None => Registration::unknown(worker),
            Some(options) => {
                let mut all = options.clone();
                all.insert("name".to_owned(), json!(worker));
                Registration::from_json(&Value::Object(all).to_string())
            }
        };
        match class.and_then(|class| class.draft(&vector["options"].to_string())) {
            Ok(text) => {
                let draft: Value = serde_json::from_str(&text).expect("JSON");
                assert_eq!(plain(&draft), plain(&vector["draft"]), "{}", vector["what"]);
            }
            Err(error) => {
                assert_eq!(error.with_code(), vector["error"], "{}", vector["what"]);
            }
        }
    }
}
