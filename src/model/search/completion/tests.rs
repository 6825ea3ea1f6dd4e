use serde_json::json;

use super::*;
use crate::model::search::{Field, parse};

/// The caret is where the text has `|`.
fn place(text: &str) -> (String, Place) {
    let caret = text.find('|').expect("a caret");
    let text = text.replace('|', "");
    let place = Place::at(&text, caret);
    (text, place)
}

fn known() -> Known {
    let job = |queue: &str, tags: &[&str], args: serde_json::Value| Sampled {
        queue: queue.to_owned(),
        worker: "Mail".to_owned(),
        node: Some("web-1".to_owned()),
        tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        args,
        meta: json!({ "cron_name": "nightly" }),
    };
    Known {
        states: [("executing".to_owned(), 77)].into(),
        queues: vec!["emails".to_owned(), "media files".to_owned(), "reports".to_owned()],
        workers: vec!["Unused".to_owned()],
        nodes: vec![],
        crons: vec!["hourly".to_owned()],
        sample: vec![
            job("emails", &["vip"], json!({ "user_id": 1, "user": { "name": "ann" }, "ids": [7, 8, 7], "a b": true })),
            job("emails", &["vip", "test"], json!({ "user_id": 2, "code": "12", "note": "a, b" })),
            job("reports", &[], json!({ "user_id": 2, "code": "x".repeat(200), "text": "a\"b" })),
            job("reports", &[], serde_json::Value::Null),
        ],
    }
}

/// The searches that the suggestions make.
fn completed(text: &str) -> Vec<String> {
    let (text, place) = place(text);
    let full = |it: Suggestion| format!("{}{}{}", &text[..place.word.start], it.value, &text[place.word.end..]);
    suggest(&place, &known()).into_iter().map(full).collect()
}

#[test]
fn what_is_asked_for_depends_on_the_word_at_the_caret() {
    let value = |field, path: &[&str], prefix: &str, taken: &[&str]| Asked::Value {
        field,
        path: path.iter().map(|it| (*it).to_owned()).collect(),
        prefix: prefix.to_owned(),
        taken: taken.iter().map(|it| (*it).to_owned()).collect(),
    };
    for (text, word, asked, others) in [
        ("|", 0..0, Asked::Key(String::new()), ""),
        ("st|", 0..2, Asked::Key("st".into()), ""),
        ("-st|ate:x queue:a", 1..7, Asked::Key("st".into()), "queue:a"),
        ("|-state:x", 0..0, Asked::Nothing, ""),
        ("queue:a sta|", 8..11, Asked::Key("sta".into()), "queue:a"),
        ("queue:em|ails tag:x", 6..12, value(Field::Queue, &[], "em", &[]), "tag:x"),
        ("state:a,b|,c", 8..9, value(Field::State, &[], "b", &["a", "c"]), ""),
        ("worker:~ma|", 8..10, value(Field::Worker, &[], "ma", &[]), ""),
        ("queue:\"media f|iles\" x", 6..19, value(Field::Queue, &[], "media f", &[]), "x"),
        ("queue:\"media f|", 6..14, value(Field::Queue, &[], "media f", &[]), ""),
        (
            "args.user.na|",
            0..12,
            Asked::Path { document: "args".into(), path: vec!["user".into()], prefix: "na".into() },
            "",
        ),
        ("args.\"a b\".c:|", 13..13, value(Field::Args, &["a b", "c"], "", &[]), ""),
        ("quue:|", 5..5, Asked::Nothing, ""),
        ("queue.x|", 0..7, Asked::Nothing, ""),
        ("tag:ä|ö", 4..8, value(Field::Tag, &[], "ä", &[]), ""),
    ] {
        let (_, got) = place(text);
        assert_eq!((got.word, got.asked, got.others.as_str()), (word, asked, others), "{text}");
    }
}

#[test]
fn suggestions_complete_the_search() {
    for (text, searches) in [
        ("stat|", vec!["state:"]),
        ("sched|", vec!["scheduled:"]),
        ("ar|", vec!["args."]),
        ("state:ex|", vec!["state:executing"]),
        ("state:executing,fi|", vec!["state:executing,final"]),
        ("state:executing,exec|", vec![]),
        ("queue:e|", vec!["queue:emails", "queue:reports", "queue:\"media files\""]),
        ("-queue:r|x tag:y", vec!["-queue:reports tag:y"]),
        ("worker:|", vec!["worker:Mail", "worker:Unused"]),
        ("node:w|", vec!["node:web-1"]),
        ("cron:|", vec!["cron:nightly", "cron:hourly"]),
        ("tag:|", vec!["tag:vip", "tag:test"]),
        ("is:la|", vec!["is:last-attempt"]),
        ("args.user|", vec!["args.user_id:", "args.user."]),
        ("args.user.|", vec!["args.user.name:"]),
        ("args.a|", vec!["args.\"a b\":"]),
        ("args.user_id:|", vec!["args.user_id:2", "args.user_id:1"]),
        // A string that looks like a number stays a string.
        ("args.code:|", vec!["args.code:\"12\""]),
        ("args.ids:|", vec!["args.ids:7", "args.ids:8"]),
        ("args.note:|", vec!["args.note:\"a, b\""]),
        ("args.text:|", vec!["args.text:\"a\\\"b\""]),
        ("has:|", vec!["has:args.", "has:meta."]),
        ("has:args.user.|", vec!["has:args.user.name"]),
        ("duration:|", vec![]),
    ] {
        assert_eq!(completed(text), searches, "{text}");
    }
}

#[test]
fn every_complete_suggestion_can_be_read() {
    for text in [
        "state:|",
        "queue:|",
        "worker:|",
        "node:|",
        "cron:|",
        "tag:|",
        "is:|",
        "args.code:|",
        "args.note:|",
        "args.text:|",
        "has:args.|",
    ] {
        for search in completed(text).into_iter().filter(|it| !it.ends_with('.')) {
            assert!(parse(&search).is_ok(), "{search}");
        }
    }
    assert!(suggest(&place("|").1, &known()).len() == 20);
}

#[test]
fn no_caret_of_any_search_panics() {
    for text in ["-state:a,\"b c\",~d args.\"x\\\"y\".z:1 ", "\"", "::,,--", "a:\"\\", "ä:ö,ü é"] {
        for caret in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            let place = Place::at(text, caret);
            assert!(place.word.start <= place.word.end && text.is_char_boundary(place.word.start), "{text} {caret}");
            assert!(text.is_char_boundary(place.word.end), "{text} {caret}");
            suggest(&place, &known());
        }
    }
}
