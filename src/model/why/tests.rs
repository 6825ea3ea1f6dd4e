use serde_json::{Value, json};

use super::*;

/// An available job of queue `mail` and class `Mail`, which node `web-1` serves with free slots.
fn facts(changes: Value) -> Facts {
    let mut all = json!({
        "at": "2026-01-31T12:00:00+00:00", "id": 42, "state": "available", "queue": "mail", "worker": "Mail", "attempt": 0, "max_attempts": 20,
        "version": null, "version_rule": null, "timeout": null, "due_at": "2026-01-31T11:59:58+00:00", "due_in_ms": -2000, "node": null,
        "attempted_at": null, "running_ms": null, "cancel_requested_at": null, "snoozed": null, "ended_at": null, "ended_ms": null,
        "error": null, "progress": null, "claimed_by": null, "lost": false, "producers": [producer(json!({}))], "oldest_ms": null,
        "settings": [], "queues": ["mail", "media"], "leaders": ["web-1"], "jobs_before": 0, "at_least": false,
    });
    merge(&mut all, changes);
    serde_json::from_value(all).expect("facts")
}

fn producer(changes: Value) -> Value {
    let mut all = json!({
        "uuid": "a", "node": "web-1", "queue": "mail", "limit": 10, "paused": false, "running": 3, "version": "1.0.0", "knows": true,
        "asleep": false, "age_ms": 1000,
    });
    merge(&mut all, changes);
    all
}

fn merge(all: &mut Value, changes: Value) {
    let Value::Object(changes) = changes else { panic!("expected an object, got {changes}") };
    all.as_object_mut().expect("an object").extend(changes);
}

fn local() -> Local {
    Local { node: "web-1".to_owned(), gone_after_ms: 20_000, look_ms: 5_000, ..Local::default() }
}

#[test]
fn the_first_check_that_is_not_ok_explains_a_waiting_job() {
    let two = |of: Value, other: Value| json!({ "producers": [producer(of), producer(other)] });
    for (changes, code, text) in [
        (json!({}), "ready", "It is ready, and should start within 5 s. No job is before it in the queue."),
        (
            json!({ "jobs_before": 3 }),
            "ready",
            "It is ready, and should start within 5 s. 3 jobs are before it in the queue.",
        ),
        (json!({ "state": "suspended" }), "suspended", "It is suspended until it is retried or updated."),
        (json!({ "state": "scheduled", "due_in_ms": 7_200_000 }), "due", "It is scheduled, and due in 2 h."),
        (
            json!({ "state": "retryable", "attempt": 2, "due_in_ms": 12_000 }),
            "due",
            "Attempt 2 of 20 failed: the next is due in 12 s.",
        ),
        (
            json!({ "state": "scheduled", "due_in_ms": -500, "leaders": [] }),
            "staged",
            "It is due, but no node leads, which would make it available.",
        ),
        (
            json!({ "state": "retryable", "due_in_ms": -60_000 }),
            "staged",
            "It is due, and the leader, web-1, has not made it available.",
        ),
        (json!({ "attempt": 20 }), "attempts", "It has used all of its 20 attempts: the lifeline discards it."),
        (json!({ "producers": [], "queues": [] }), "served", "No node serves queue mail."),
        (json!({ "producers": [], "queues": ["mails"] }), "served", "No node serves queue mail; nodes serve mails."),
        (
            json!({ "producers": [producer(json!({ "age_ms": 20_000 }))] }),
            "served",
            "No live node serves queue mail: web-1 is silent.",
        ),
        (
            json!({ "producers": [producer(json!({ "knows": false }))] }),
            "class",
            "No node of queue mail has the class Mail.",
        ),
        (
            json!({ "version": "2.0.0", "version_rule": "min" }),
            "version",
            "It needs at least version 2.0.0 of the application, and nodes have 1.0.0.",
        ),
        (
            json!({ "version": "0.9.0", "version_rule": "pinned" }),
            "version",
            "It needs version 0.9.0 of the application, and nodes have 1.0.0.",
        ),
        (json!({ "producers": [producer(json!({ "paused": true }))] }), "paused", "Queue mail is paused."),
        (
            json!({
                "producers": [producer(json!({ "paused": true }))],
                "settings": [{ "node": "*", "paused": true, "since": "2026-01-31T10:00:00+00:00" }],
            }),
            "paused",
            "Queue mail is paused since 2026-01-31T10:00:00+00:00.",
        ),
        (
            json!({ "producers": [producer(json!({ "running": 10 }))], "oldest_ms": 40_000 }),
            "slots",
            "All 10 slots are taken; the oldest has run for 40 s.",
        ),
        // A node that is paused, or has not the class, adds no slots.
        (
            two(json!({ "running": 10 }), json!({ "uuid": "b", "node": "web-2", "paused": true, "running": 0 })),
            "slots",
            "All 10 slots are taken.",
        ),
        (
            two(json!({ "running": 10 }), json!({ "uuid": "b", "node": "web-2", "knows": false, "running": 0 })),
            "slots",
            "All 10 slots are taken.",
        ),
        // Nor does one that has gone, nor one of another queue.
        (
            two(json!({ "running": 10 }), json!({ "uuid": "b", "node": "web-2", "age_ms": 60_000, "running": 0 })),
            "slots",
            "All 10 slots are taken.",
        ),
        (
            two(json!({ "running": 10 }), json!({ "uuid": "b", "queue": "media", "running": 0 })),
            "slots",
            "All 10 slots are taken.",
        ),
        // One that does not run everything does not stand in the way of one that does.
        (
            two(json!({ "paused": true }), json!({ "uuid": "b", "node": "web-2" })),
            "ready",
            "It is ready, and should start within 5 s. No job is before it in the queue.",
        ),
        // A node that has just started may have all classes.
        (
            json!({ "producers": [producer(json!({ "knows": null }))] }),
            "ready",
            "It is ready, and should start within 5 s. No job is before it in the queue.",
        ),
    ] {
        let why = explain(&facts(changes.clone()), &local());
        assert_eq!((why.code, why.text.as_str()), (code, text), "{changes}");
    }
}

#[test]
fn checks_that_mean_nothing_are_left_out() {
    for (changes, codes) in [
        (json!({}), "due served class paused slots ahead expected"),
        (
            json!({ "version": "1.0.0", "version_rule": "pinned" }),
            "due served class version paused slots ahead expected",
        ),
        (json!({ "producers": [] }), "due served ahead"),
        (json!({ "state": "scheduled", "due_in_ms": 1_000 }), "due served class paused"),
        (json!({ "state": "scheduled", "due_in_ms": -1_000, "snoozed": 3 }), "due staged served class paused snoozed"),
        (json!({ "state": "suspended" }), "suspended"),
        (json!({ "producers": [producer(json!({ "paused": true }))] }), "due served class paused ahead"),
    ] {
        let why = explain(&facts(changes.clone()), &local());
        let got: Vec<&str> = why.checks.iter().map(|it| it.code).collect();
        assert_eq!(got.join(" "), codes, "{changes}");
    }
}

#[test]
fn the_expected_start_follows_from_slots_and_run_times() {
    let full = json!({ "producers": [producer(json!({ "running": 10 }))], "jobs_before": 99 });
    let expected = |changes: &Value, run_ms: Option<(f64, f64)>| {
        let why = explain(&facts(changes.clone()), &Local { run_ms, ..local() });
        why.checks.iter().find(|it| it.code == "expected").map(|it| it.data["in_ms"].clone())
    };
    assert_eq!(expected(&json!({}), None), Some(json!(5_000)));
    assert_eq!(expected(&json!({ "jobs_before": 106 }), Some((1_000.0, 4_000.0))), Some(json!(11_000)));
    assert_eq!(expected(&json!({ "jobs_before": 106 }), None), Some(Value::Null));
    assert_eq!(
        expected(&json!({ "jobs_before": 10_000, "at_least": true }), Some((1_000.0, 4_000.0))),
        Some(Value::Null)
    );
    assert_eq!(expected(&full, Some((1_000.0, 4_000.0))), None, "no slot is free");
}

#[test]
fn what_only_the_engine_knows_explains_a_job_too() {
    let refused = Local { refused: Some(json!({ "message": "no more mails.", "sqlstate": "P0001" })), ..local() };
    let why = explain(&facts(json!({})), &refused);
    assert_eq!(
        (why.code, why.text.as_str()),
        ("refused", "The database refuses to change its row, so it is set aside: no more mails.")
    );
    let why = explain(&facts(json!({})), &Local { stopping: true, ..local() });
    assert_eq!((why.code, why.text.as_str()), ("draining", "Node web-1 is stopping, and no other can run the job."));
    let why = explain(&facts(json!({})), &Local { stopping: true, node: "web-9".to_owned(), ..local() });
    assert_eq!(why.code, "ready");
}

#[test]
fn a_running_job_has_a_node_that_lives_or_is_rescued() {
    let running = |changes: Value| {
        let mut all = json!({
            "state": "executing", "attempt": 1, "node": "web-1", "claimed_by": "a", "attempted_at": "2026-01-31T11:59:00+00:00", "running_ms": 60_000,
        });
        merge(&mut all, changes);
        explain(&facts(all), &local())
    };
    for (changes, code, text) in [
        (json!({}), "running", "It runs on web-1 for 60 s, attempt 1 of 20."),
        (
            json!({ "producers": [producer(json!({ "age_ms": 21_000 }))] }),
            "node",
            "Node web-1 has been silent for 21 s: the leader is about to rescue the job.",
        ),
        (
            json!({ "producers": [producer(json!({ "age_ms": 21_000 }))], "leaders": [] }),
            "node",
            "Node web-1 has been silent for 21 s: the leader is about to rescue the job once a node leads.",
        ),
        (
            json!({ "producers": [], "lost": true }),
            "node",
            "Node web-1 was lost: the leader is about to rescue the job.",
        ),
        (
            json!({ "producers": [] }),
            "node",
            "The producer on node web-1 that claimed the job has no row: the lifeline rescues the job in one of its next searches.",
        ),
        (
            json!({ "cancel_requested_at": "2026-01-31T11:59:30+00:00" }),
            "cancel",
            "Its cancellation is requested: node web-1 has to confirm it.",
        ),
        (json!({ "timeout": 30_000 }), "timeout", "It has run for 60 s, longer than its timeout of 30 s."),
        (json!({ "timeout": 90_000 }), "running", "It runs on web-1 for 60 s, attempt 1 of 20."),
    ] {
        let why = running(changes.clone());
        assert_eq!((why.code, why.text.as_str()), (code, text), "{changes}");
    }
    let codes: Vec<&str> =
        running(json!({ "progress": { "value": 0.5, "message": "half" } })).checks.iter().map(|it| it.code).collect();
    assert_eq!(codes.join(" "), "node cancel timeout progress");
}

#[test]
fn a_final_job_says_how_it_ended_without_what_an_error_says() {
    let error =
        |kind: &str| json!({ "name": "SmtpError", "kind": kind, "attempt": 3, "message": "secret of ann@acme.com" });
    for (changes, code, text) in [
        (json!({ "state": "completed", "attempt": 1 }), "completed", "It completed in attempt 1 of 20, 3 min ago."),
        (
            json!({ "state": "cancelled", "attempt": 0 }),
            "cancelled",
            "It was cancelled before its first attempt, 3 min ago.",
        ),
        (
            json!({ "state": "cancelled", "attempt": 2, "error": error("cancelled") }),
            "cancelled",
            "It was cancelled after attempt 2 of 20, 3 min ago.",
        ),
        (
            json!({ "state": "discarded", "attempt": 20, "error": error("error") }),
            "discarded",
            "It was discarded after 20 of 20 attempts, 3 min ago. Its last error: SmtpError.",
        ),
        (
            json!({ "state": "discarded", "attempt": 3, "error": error("discarded") }),
            "discarded",
            "It discarded itself in attempt 3 of 20, 3 min ago.",
        ),
    ] {
        let mut all = json!({ "ended_at": "2026-01-31T11:57:00+00:00", "ended_ms": 180_000 });
        merge(&mut all, changes.clone());
        let why = explain(&facts(all), &local());
        assert_eq!((why.code, why.text.as_str()), (code, text), "{changes}");
        assert!(why.checks.iter().all(|it| it.ok && !it.text.contains("secret")));
        assert_eq!(why.checks[0].data["error"].is_null(), changes["error"].is_null());
    }
}
