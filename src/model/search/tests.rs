use super::*;
use crate::model::job::State;

fn only(text: &str) -> Condition {
    let terms = parse(text).unwrap_or_else(|problem| panic!("{text}: {problem:?}"));
    assert_eq!(terms.len(), 1, "{text}");
    terms.into_iter().next().expect("one term").condition
}

fn problem(text: &str) -> (String, String, Option<String>) {
    let Problem { at, until, message, suggestion } = parse(text).expect_err(text);
    (text[at..until].to_owned(), message, suggestion)
}

const fn closed<T>(from: T, until: T) -> Span<T> {
    Span { from: Some(Edge { value: from, is_included: true }), until: Some(Edge { value: until, is_included: true }) }
}

const fn above<T>(value: T) -> Span<T> {
    Span { from: Some(Edge { value, is_included: false }), until: None }
}

fn path(text: &str) -> Vec<String> {
    text.split('.').map(str::to_owned).collect()
}

#[test]
fn an_empty_search_has_no_terms() {
    assert_eq!(parse(""), Ok(vec![]));
    assert_eq!(parse(" \t\n "), Ok(vec![]));
}

#[test]
fn terms_have_their_places() {
    let terms = parse("  état -queue:\"a b\",c").unwrap();
    let shown: Vec<_> = terms.iter().map(|it| (it.at, it.until, it.is_negated)).collect();
    assert_eq!(shown, [(2, 7, false), (8, 22, true)]);
}

#[test]
fn states_and_their_groups_are_read() {
    assert_eq!(only("state:executing,retryable"), Condition::States(vec![State::Executing, State::Retryable]));
    assert_eq!(only("state:final"), Condition::States(vec![State::Completed, State::Discarded, State::Cancelled]));
    let Condition::States(live) = only("state:live") else { panic!() };
    assert_eq!(live.len(), 5);
}

#[test]
fn names_are_read_whole_from_the_beginning_and_in_part() {
    for (text, test) in [
        ("queue:emails", TextTest::Is("emails".into())),
        ("queue:foo/bar.baz:x", TextTest::Is("foo/bar.baz:x".into())),
        ("queue:mail*", TextTest::StartsWith("mail".into())),
        ("queue:\"mail*\"", TextTest::Is("mail*".into())),
        ("queue:~mail", TextTest::Contains("mail".into())),
        (r#"queue:"a \"b\" \\ \n""#, TextTest::Is(r#"a "b" \ \n"#.into())),
        ("queue:a..b", TextTest::Is("a..b".into())),
    ] {
        assert_eq!(only(text), Condition::Text(Field::Queue, vec![test]), "{text}");
    }
}

#[test]
fn a_value_alone_is_an_id_or_a_part_of_a_worker() {
    assert_eq!(only("42"), Condition::Number(Field::Id, vec![closed(42, 42)]));
    assert_eq!(only("42,43"), Condition::Number(Field::Id, vec![closed(42, 42), closed(43, 43)]));
    for (text, part) in [("email", "email"), ("\"42\"", "42"), ("~Email", "Email"), ("a.b", "a.b"), ("0", "0")] {
        assert_eq!(only(text), Condition::Text(Field::Worker, vec![TextTest::Contains(part.into())]), "{text}");
    }
}

#[test]
fn numbers_and_durations_have_an_order() {
    assert_eq!(only("attempt:>3"), Condition::Number(Field::Attempt, vec![above(3)]));
    assert_eq!(only("id:40..60"), Condition::Number(Field::Id, vec![closed(40, 60)]));
    let from = Span { from: Some(Edge { value: 40, is_included: true }), until: None };
    assert_eq!(only("id:40.."), Condition::Number(Field::Id, vec![from.clone()]));
    assert_eq!(only("id:>=40"), Condition::Number(Field::Id, vec![from]));
    assert_eq!(only("duration:>1m30s"), Condition::Number(Field::Duration, vec![above(90_000_000)]));
    assert_eq!(only("wait:5m..10m"), Condition::Number(Field::Wait, vec![closed(300_000_000, 600_000_000)]));
}

#[test]
fn json_values_keep_their_types_and_digits() {
    for (text, scalar) in [
        ("args.user_id:1", "1"),
        ("args.user_id:\"1\"", "\"1\""),
        ("args.user_id:12345678901234567890", "12345678901234567890"),
        ("args.user_id:true", "true"),
        ("args.user_id:null", "null"),
        ("args.user_id:\"null\"", "\"null\""),
        ("args.user_id:007", "\"007\""),
        ("args.user_id:a@b.c", "\"a@b.c\""),
        ("args.user_id:1..x", "\"1..x\""),
        (r#"args.user_id:"say \"x\"""#, r#""say \"x\"""#),
    ] {
        let tests = vec![JsonTest::Is(scalar.into())];
        assert_eq!(only(text), Condition::Json(Field::Args, path("user_id"), tests), "{text}");
    }
    assert_eq!(
        only("args.total:100..200.5"),
        Condition::Json(Field::Args, path("total"), vec![JsonTest::Between(closed("100".into(), "200.5".into()))])
    );
    assert_eq!(
        only("meta.a.\"b c\".d:~x"),
        Condition::Json(Field::Meta, vec!["a".into(), "b c".into(), "d".into()], vec![JsonTest::Contains("x".into())])
    );
    assert_eq!(only("has:args.email"), Condition::Has(vec![path("args.email")]));
}

#[test]
fn times_are_instants_or_ranges() {
    let local = |text: &str| Moment::Local(text.into());
    let from_until = |from, until| Span {
        from: Some(Edge { value: from, is_included: true }),
        until: Some(Edge { value: until, is_included: false }),
    };
    for (text, span) in [
        ("inserted:>-1h", above(Moment::FromNow(-3_600_000_000))),
        ("inserted:today", from_until(Moment::Day(0), Moment::Day(1))),
        ("inserted:2026-11-20", from_until(local("2026-11-20 00:00:00"), local("2026-11-21 00:00:00"))),
        ("inserted:2026-11-20..2026-11-21", from_until(local("2026-11-20 00:00:00"), local("2026-11-22 00:00:00"))),
        (
            "inserted:2026-11-20T10:00",
            from_until(local("2026-11-20 10:00:00.000000"), local("2026-11-20 10:01:00.000000")),
        ),
        ("inserted:2026-11-20T10:00:00Z..now", closed(Moment::At(1_795_168_800_000_000), Moment::FromNow(0))),
        (
            "inserted:>2026-11-20",
            Span { from: Some(Edge { value: local("2026-11-21 00:00:00"), is_included: true }), until: None },
        ),
        (
            "inserted:<2026-11-20",
            Span { from: None, until: Some(Edge { value: local("2026-11-20 00:00:00"), is_included: false }) },
        ),
    ] {
        assert_eq!(only(text), Condition::Time(Field::Inserted, vec![span]), "{text}");
    }
}

#[test]
fn flags_are_read() {
    assert_eq!(only("is:orphaned,last-attempt"), Condition::Flags(vec![Flag::Orphaned, Flag::LastAttempt]));
}

#[test]
fn a_problem_names_its_place_and_the_nearest_word() {
    let known = QUALIFIERS.map(|it| it.name).join(", ");
    for (text, place, message, suggestion) in [
        ("a states:x", "states", format!("expected one of {known}, or a quoted value, got \"states\""), Some("state")),
        (
            "state:executin",
            "executin",
            "expected one of suspended, scheduled, available, executing, retryable, completed, discarded, cancelled, \
             live, final, got \"executin\""
                .into(),
            Some("executing"),
        ),
        ("attempt:many", "many", "expected an integer, such as 3, >3 or 3..5, got \"many\"".into(), None),
        ("attempt:..", "..", "expected an integer, such as 3, >3 or 3..5, got \"..\"".into(), None),
        (
            "id:99999999999999999999",
            "99999999999999999999",
            "expected an integer, such as 3, >3 or 3..5, got \"99999999999999999999\"".into(),
            None,
        ),
        ("queue:>a", "a", "expected a name, such as emails, mail* or ~mail, got \"a\"".into(), None),
        ("queue:", ":", "expected a value, got none".into(), None),
        ("queue:a,,b", ",", "expected a value, got none".into(), None),
        ("queue:\"a", "\"a", "expected a closing \" of the value, got the end".into(), None),
        ("queue:\"a\"b", "b", "expected a blank or a comma after a quoted value, got 'b'".into(), None),
        ("args:1", "args", "expected a path, such as args.user_id:1, got \"args\" alone".into(), None),
        ("queue.a:1", "a", "expected a colon after \"queue\", got a path".into(), None),
        ("args.total:>x", "x", "expected a number, or a text after ~, got \"x\"".into(), None),
        ("has:email", "email", "expected a path, such as args.user_id or meta.tenant, got \"email\"".into(), None),
        (
            "inserted:soon",
            "soon",
            "expected a time, such as >-1h, today, 2026-11-20 or 2026-11-20T10:00..now, got \"soon\"".into(),
            None,
        ),
    ] {
        assert_eq!(problem(text), (place.to_owned(), message, suggestion.map(str::to_owned)), "{text}");
    }
}

#[test]
fn no_text_panics() {
    let pieces = [
        "-",
        "\"",
        "\\",
        ":",
        ",",
        "..",
        "args",
        ".",
        "~",
        ">",
        "<=",
        "é",
        " ",
        "1",
        "2026-11-20",
        "99999-01-01",
        "\0",
        "today",
    ];
    let mut seed = 7_u64;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..8 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            text.push_str(pieces[usize::try_from(seed >> 33).unwrap() % pieces.len()]);
        }
        if let Err(problem) = parse(&text) {
            assert!(text.get(problem.at..problem.until).is_some(), "{text}: {problem:?}");
        }
    }
    assert!(parse(&"x".repeat(MAX_CHARS + 1)).is_err());
}

#[test]
fn each_qualifier_has_an_example_that_is_read() {
    for qualifier in QUALIFIERS {
        assert!(parse(qualifier.example).is_ok(), "{}", qualifier.example);
        assert!(qualifier.example.starts_with(qualifier.name));
        assert_eq!(qualifier.field.name(), qualifier.name);
    }
}
