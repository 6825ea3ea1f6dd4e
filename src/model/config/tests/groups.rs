//! Queues that share threads.

use serde_json::json;

use super::{read, refusal};

#[test]
fn the_number_of_a_groups_threads_is_given_once() {
    let config = read(&json!({ "queues": {
        "a": { "threads": { "group": "x" } }, "b": { "limit": 2, "threads": { "group": "x", "count": 4 } },
        "c": { "threads": { "group": "y" } }, "d": 5,
    } }))
    .unwrap()
    .config;
    let threads: Vec<_> = config.queues.iter().map(|it| (it.threads.group.as_deref(), it.threads.count())).collect();
    assert_eq!(threads, [(Some("x"), 4), (Some("x"), 4), (Some("y"), 1), (None, 1)]);
    // A queue that is started later joins the others.
    let later = |options: &str| {
        let mut queue = config.queue("e", options).unwrap();
        queue.join(&config.queues).map(|()| queue.threads.count()).map_err(|error| error.to_string())
    };
    assert_eq!(later(r#"{ "threads": { "group": "x" } }"#), Ok(4));
    assert_eq!(later(r#"{ "threads": { "group": "z", "count": 7 } }"#), Ok(7));
    assert_eq!(
        later(r#"{ "threads": { "group": "x" }, "resource_limits": { "stack_size_mb": 8 } }"#),
        Err("e.resource_limits: expected {}, as queue \"a\" of the thread group \"x\" has, got {\"stack_size_mb\":8}"
            .to_owned())
    );
}

#[test]
fn queues_that_cannot_share_threads_are_refused() {
    for (options, message) in [
        (
            json!({ "queues": { "a": { "threads": "4" } } }),
            "queues.a.threads: expected a positive integer or an object { group, count }, got \"4\"",
        ),
        (
            json!({ "queues": { "a": { "threads": { "count": 4 } } } }),
            "queues.a.threads.group: expected the name of a thread group, got nothing",
        ),
        (
            json!({ "queues": { "a": { "threads": { "group": "x" }, "isolation": "main" } } }),
            "queues.a.threads: expected 1, because isolation is \"main\", got {\"group\":\"x\"}",
        ),
        (
            json!({ "queues": { "a": { "threads": { "group": "x", "count": 2 } }, "b": { "threads": { "group": "x", "count": 3 } } } }),
            "queues.b.threads.count: expected 2, as queue \"a\" of the thread group \"x\" has, got 3",
        ),
        (
            json!({ "queues": { "a": { "threads": { "group": "x" } }, "b": { "threads": { "group": "x" }, "isolation": "process" } } }),
            "queues.b.isolation: expected \"thread\", as queue \"a\" of the thread group \"x\" has, got \"process\"",
        ),
        (
            json!({ "queues": { "a": { "threads": { "group": "x" }, "exec_argv": ["--import", "tsx"] }, "b": { "threads": { "group": "x" } } } }),
            "queues.b.exec_argv: expected [\"--import\",\"tsx\"], as queue \"a\" of the thread group \"x\" has, got none",
        ),
    ] {
        assert_eq!(refusal(&options), message);
    }
}
