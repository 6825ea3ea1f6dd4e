use super::*;
use crate::model::instant;

fn micros(text: &str) -> i64 {
    instant::from_text(text).unwrap()
}

/// The instants after `after` and until `until`, in local time with offset.
fn between(expression: &str, zone: &str, after: &str, until: &str) -> Vec<String> {
    let schedule = Schedule::parse(expression, zone).unwrap();
    let until = micros(until);
    std::iter::successors(Some(micros(after)), |at| schedule.next_after(*at).filter(|next| *next <= until))
        .skip(1)
        .map(|at| {
            DateTime::from_timestamp_micros(at).unwrap().with_timezone(&schedule.zone).format("%d %H:%M%z").to_string()
        })
        .collect()
}

#[test]
fn the_next_instant_of_plain_expressions() {
    for (expression, after, next) in [
        ("* * * * * ", "2024-01-01T00:00:00Z", Some("2024-01-01T00:01:00Z")),
        ("* * * * *", "2024-01-01T00:00:59.999999Z", Some("2024-01-01T00:01:00Z")),
        ("  0 *  * * *  ", "2024-01-01T00:00:00Z", Some("2024-01-01T01:00:00Z")),
        ("*/20 9-17 * * MON-FRI", "2024-01-05T17:40:00Z", Some("2024-01-08T09:00:00Z")),
        ("0 0 29 2 *", "2024-02-29T00:00:00Z", Some("2028-02-29T00:00:00Z")),
        ("0 0 29 2 mon", "2024-02-29T00:00:00Z", Some("2044-02-29T00:00:00Z")),
        ("*/5 * 29 2 mon", "2044-02-29T23:59:00Z", Some("2072-02-29T00:00:00Z")),
        ("0 0 13 * FRI", "2024-01-01T00:00:00Z", Some("2024-09-13T00:00:00Z")),
        ("0 0 31 * *", "2024-01-31T00:00:00Z", Some("2024-03-31T00:00:00Z")),
        ("0 0 * * 7", "2024-01-01T00:00:00Z", Some("2024-01-07T00:00:00Z")),
        ("@yearly", "2024-01-01T00:00:00Z", Some("2025-01-01T00:00:00Z")),
        ("@annually", "2024-01-01T00:00:00Z", Some("2025-01-01T00:00:00Z")),
        ("@monthly", "2024-01-01T00:00:00Z", Some("2024-02-01T00:00:00Z")),
        ("@weekly", "2024-01-01T00:00:00Z", Some("2024-01-07T00:00:00Z")),
        ("@Daily", "2024-01-01T00:00:00Z", Some("2024-01-02T00:00:00Z")),
        ("@midnight", "2024-01-01T12:00:00Z", Some("2024-01-02T00:00:00Z")),
        ("@hourly", "2024-01-01T12:00:00Z", Some("2024-01-01T13:00:00Z")),
        (" @reboot ", "2024-01-01T12:00:00Z", None),
    ] {
        let schedule = Schedule::parse(expression, "Etc/UTC").unwrap();
        assert_eq!(schedule.next_after(micros(after)), next.map(micros), "{expression}");
        assert_eq!(schedule.is_reboot(), next.is_none());
        assert_eq!(schedule.expression(), expression.trim());
    }
}

#[test]
fn no_instant_comes_after_the_year_9999() {
    for (expression, after, next) in [
        ("* * * * *", "9999-12-31T23:58:30Z", Some("9999-12-31T23:59:00Z")),
        ("* * * * *", "9999-12-31T23:59:00Z", None),
        ("0 0 * * *", "9999-12-31T00:00:00Z", None),
        ("0 0 1 1 *", "9999-06-01T00:00:00Z", None),
    ] {
        let schedule = Schedule::parse(expression, "Etc/UTC").unwrap();
        assert_eq!(schedule.next_after(micros(after)), next.map(micros), "{expression}");
    }
}

#[test]
fn clocks_that_go_forward() {
    // Berlin skips 02:00 to 03:00 on 31 March, New York on 10 March; Lord Howe skips 02:00 to 02:30
    // on 6 October.
    let berlin = ("Europe/Berlin", "2024-03-30T12:00:00Z", "2024-04-01T10:00:00Z");
    let night = ("Europe/Berlin", "2024-03-30T23:59:00Z", "2024-03-31T03:00:00Z");
    let new_york = ("America/New_York", "2024-03-09T17:00:00Z", "2024-03-11T16:00:00Z");
    let lord_howe = ("Australia/Lord_Howe", "2024-10-05T12:00:00Z", "2024-10-05T18:00:00Z");
    for (expression, (zone, after, until), expected) in [
        ("30 2 * * *", berlin, vec!["31 03:00+0200", "01 02:30+0200"]),
        ("0 3 * * *", berlin, vec!["31 03:00+0200", "01 03:00+0200"]),
        (
            "0,30 2,3 * * *",
            berlin,
            vec!["31 03:00+0200", "31 03:30+0200", "01 02:00+0200", "01 02:30+0200", "01 03:00+0200", "01 03:30+0200"],
        ),
        ("59 1 * * *", berlin, vec!["31 01:59+0100", "01 01:59+0200"]),
        ("30 2 31 3 *", berlin, vec!["31 03:00+0200"]),
        ("0 * * * *", night, vec!["31 01:00+0100", "31 03:00+0200", "31 04:00+0200", "31 05:00+0200"]),
        ("*/30 1-3 * * *", night, vec!["31 01:00+0100", "31 01:30+0100", "31 03:00+0200", "31 03:30+0200"]),
        ("*/30 2 * * *", night, vec![]),
        ("30 2 * * *", new_york, vec!["10 03:00-0400", "11 02:30-0400"]),
        ("0 2 * * SUN", new_york, vec!["10 03:00-0400"]),
        ("15 2 * * *", lord_howe, vec!["06 02:30+1100"]),
        ("*/15 2 * * *", lord_howe, vec!["06 02:30+1100", "06 02:45+1100"]),
    ] {
        assert_eq!(between(expression, zone, after, until), expected, "{expression} in {zone}");
    }
}

#[test]
fn clocks_that_go_back() {
    // Berlin repeats 02:00 to 03:00 on 27 October, New York 01:00 to 02:00 on 3 November, Lord Howe
    // 01:30 to 02:00 on 7 April, Casablanca 02:00 to 03:00 on 10 March.
    let berlin = ("Europe/Berlin", "2024-10-26T12:00:00Z", "2024-10-28T10:00:00Z");
    let night = ("Europe/Berlin", "2024-10-26T22:59:00Z", "2024-10-27T02:00:00Z");
    let new_york = ("America/New_York", "2024-11-03T03:00:00Z", "2024-11-03T08:00:00Z");
    let lord_howe = ("Australia/Lord_Howe", "2024-04-06T14:10:00Z", "2024-04-06T15:50:00Z");
    let casablanca = ("Africa/Casablanca", "2024-03-09T23:00:00Z", "2024-03-10T04:00:00Z");
    for (expression, (zone, after, until), expected) in [
        ("30 2 * * *", berlin, vec!["27 02:30+0200", "28 02:30+0100"]),
        ("0,30 2 * * *", berlin, vec!["27 02:00+0200", "27 02:30+0200", "28 02:00+0100", "28 02:30+0100"]),
        ("0 3 * * *", berlin, vec!["27 03:00+0100", "28 03:00+0100"]),
        ("0 * * * *", night, vec!["27 01:00+0200", "27 02:00+0200", "27 02:00+0100", "27 03:00+0100"]),
        (
            "*/30 1-2 * * *",
            night,
            vec!["27 01:00+0200", "27 01:30+0200", "27 02:00+0200", "27 02:30+0200", "27 02:00+0100", "27 02:30+0100"],
        ),
        ("0 1 * * *", new_york, vec!["03 01:00-0400"]),
        (
            "0 */1 3 11 *",
            new_york,
            vec!["03 00:00-0400", "03 01:00-0400", "03 01:00-0500", "03 02:00-0500", "03 03:00-0500"],
        ),
        ("45 1 * * *", lord_howe, vec!["07 01:45+1100"]),
        (
            "*/15 * * * *",
            lord_howe,
            vec![
                "07 01:15+1100",
                "07 01:30+1100",
                "07 01:45+1100",
                "07 01:30+1030",
                "07 01:45+1030",
                "07 02:00+1030",
                "07 02:15+1030",
            ],
        ),
        ("30 2 * * *", casablanca, vec!["10 02:30+0100"]),
        (
            "30 * * * *",
            casablanca,
            vec!["10 00:30+0100", "10 01:30+0100", "10 02:30+0100", "10 02:30+0000", "10 03:30+0000"],
        ),
    ] {
        assert_eq!(between(expression, zone, after, until), expected, "{expression} in {zone}");
    }
}

#[test]
fn a_search_that_starts_within_the_repeated_hour() {
    let schedule = Schedule::parse("30 2 * * *", "Europe/Berlin").unwrap();
    for (after, next) in [
        ("2024-10-27T00:29:59Z", "2024-10-27T00:30:00Z"),
        ("2024-10-27T00:30:00Z", "2024-10-28T01:30:00Z"),
        ("2024-10-27T01:10:00Z", "2024-10-28T01:30:00Z"),
    ] {
        assert_eq!(schedule.next_after(micros(after)), Some(micros(next)), "after {after}");
    }
}

#[test]
fn each_day_has_its_fixed_time_and_instants_only_ascend() {
    for zone in [
        "Europe/Berlin",
        "America/New_York",
        "Australia/Lord_Howe",
        "Africa/Casablanca",
        "Pacific/Chatham",
        "America/Havana",
    ] {
        for (expression, of_year) in [("30 2 * * *", 366), ("0,15 0 * * *", 732), ("*/7 1-3 * * *", 0)] {
            let all = between(expression, zone, "2023-12-31T11:00:00Z", "2024-12-31T11:00:00Z");
            if of_year > 0 {
                assert!(all.len() + 1 >= of_year && all.len() <= of_year, "{expression} in {zone}: {}", all.len());
            }
            let mut unique = all.clone();
            unique.dedup();
            assert_eq!(unique, all);
        }
    }
}

#[test]
fn the_last_instant_before_now() {
    let last = |expression: &str, after: &str, until: &str| {
        Schedule::parse(expression, "Etc/UTC").unwrap().last_between(micros(after), micros(until)).map(instant::to_text)
    };
    let now = "2024-06-15T12:34:56Z";
    for (expression, after, expected) in [
        ("* * * * *", "2024-06-15T12:00:00Z", Some("2024-06-15T12:34:00.000000Z")),
        ("0 0 1 1 *", "2020-06-01T00:00:00Z", Some("2024-01-01T00:00:00.000000Z")),
        ("0 0 1 1 *", "2024-01-01T00:00:00Z", None),
        ("34 12 * * *", "2024-06-15T12:33:00Z", Some("2024-06-15T12:34:00.000000Z")),
        ("@reboot", "2020-01-01T00:00:00Z", None),
        ("* * * * *", now, None),
    ] {
        assert_eq!(last(expression, after, now).as_deref(), expected, "{expression} after {after}");
    }
}

#[test]
fn what_is_no_schedule_is_refused() {
    let five = "expected five fields (minute hour day month weekday) or a nickname such as \"@daily\"";
    for (expression, message) in [
        ("", "schedule: expected a text that is not empty, got \"\"".to_owned()),
        ("* * * *", format!("schedule: {five}, got \"* * * *\"")),
        ("0 * * * * *", format!("schedule: {five}, got \"0 * * * * *\"")),
        ("@fortnightly", format!("schedule: {five}, got \"@fortnightly\"")),
        ("0 24 * * *", "schedule: expected 0 to 23 in the hour field, got \"24\"".to_owned()),
        ("0 0 30 FEB *", "schedule: expected a day and a month that go together, got \"0 0 30 FEB *\"".to_owned()),
        (
            "0 0 31 4,6,9,11 *",
            "schedule: expected a day and a month that go together, got \"0 0 31 4,6,9,11 *\"".to_owned(),
        ),
    ] {
        let error = Schedule::parse(expression, "Etc/UTC").unwrap_err();
        assert_eq!((error.code(), error.to_string()), ("ERAM_CONFIG", message));
    }
    assert!(Schedule::parse("0 0 30 2,3 *", "Etc/UTC").is_ok());
    for (zone, hint) in [
        ("Europe/Berln", ", did you mean \"Europe/Berlin\"?"),
        ("europe/berlin", ", did you mean \"Europe/Berlin\"?"),
        ("Mars", ""),
    ] {
        let message = Schedule::parse("@daily", zone).unwrap_err().to_string();
        assert_eq!(
            message,
            format!("timezone: expected the name of a time zone such as \"Europe/Berlin\", got {zone:?}{hint}")
        );
    }
}
