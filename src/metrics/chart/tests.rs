//! Charts of rows as nodes and the leader write them.

use super::*;

/// A node's row: attempts of queue and class, by result, each with a run and a waiting time of so many microseconds.
fn row(series: &[(&str, &str, [u64; 9], &str)]) -> String {
    let series: Vec<_> = series
        .iter()
        .map(|(queue, worker, counts, run)| serde_json::json!([queue, worker, counts, run, "", run]))
        .collect();
    serde_json::json!({ "v": 1, "s": series }).to_string()
}

/// One success and one failure in each series.
const BOTH: [u64; 9] = [1, 1, 0, 0, 0, 0, 0, 0, 3];

/// Histograms of one value: 3 µs and 40 µs.
const SHORT: &str = "1 3 3 3 1";
const LONG: &str = "1 14 14 14 1";

fn chart(shown: Shown, group: Option<Group>, agg: Agg) -> Chart {
    let (queue, worker, node) = (None, None, None);
    Chart { shown, group, agg, start: 0, step: 10_000_000, points: 4, queue, worker, node, top: 9 }
}

fn of(chart: &Chart, rows: &[(i64, &str, String)]) -> Charted {
    let rows: Vec<_> = rows.iter().map(|(n, node, data)| ChartRow { bucket: n * 10_000_000, node, data }).collect();
    chart.of(&rows)
}

fn points(charted: &Charted) -> Vec<(&str, &[Option<f64>])> {
    charted.lines.iter().map(|line| (line.key.as_str(), line.points.as_slice())).collect()
}

fn some() -> Vec<(i64, &'static str, String)> {
    vec![
        (0, "one", row(&[("mail", "A", BOTH, SHORT), ("mail", "B", BOTH, LONG)])),
        (0, "two", row(&[("push", "A", BOTH, SHORT)])),
        (2, "two", row(&[("push", "A", BOTH, SHORT)])),
    ]
}

#[test]
fn nothing_measured_is_none_and_nothing_done_is_0() {
    let charted = of(&chart(Shown::Executed, Some(Group::Queue), Agg::Sum), &some());
    let expected: Vec<(&str, &[Option<f64>])> =
        vec![("mail", &[Some(4.0), None, Some(0.0), None]), ("push", &[Some(2.0), None, Some(2.0), None])];
    assert_eq!(points(&charted), expected);
    assert_eq!((charted.lines[0].total, charted.other), (Some(4.0), None));
    let idle = of(&chart(Shown::Enqueued, None, Agg::Sum), &[(1, "*", r#"{"v":1,"q":{},"nodes":0}"#.to_owned())]);
    assert_eq!(
        points(&idle),
        [("enqueued", &[None, Some(0.0), Some(0.0), Some(0.0)][..])],
        "an empty sample stands for a minute"
    );
}

#[test]
fn groups_and_filters_divide_the_same_counts() {
    let total = |group, chart: Chart| -> Vec<(String, Option<f64>)> {
        let charted = of(&Chart { group, ..chart }, &some());
        charted.lines.into_iter().map(|line| (line.key, line.total)).collect()
    };
    let executed = || chart(Shown::Executed, None, Agg::Sum);
    let found =
        |list: &[(&str, f64)]| -> Vec<_> { list.iter().map(|(key, n)| ((*key).to_owned(), Some(*n))).collect() };
    assert_eq!(total(None, executed()), found(&[("executed", 8.0)]));
    assert_eq!(total(Some(Group::State), executed()), found(&[("failure", 4.0), ("success", 4.0)]));
    assert_eq!(total(Some(Group::Worker), executed()), found(&[("A", 6.0), ("B", 2.0)]));
    assert_eq!(total(Some(Group::Node), executed()), found(&[("one", 4.0), ("two", 4.0)]));
    let of_two = Chart { node: Some("two".to_owned()), ..executed() };
    assert_eq!(total(Some(Group::Queue), of_two), found(&[("push", 4.0)]));
    let of_b = Chart { worker: Some("B".to_owned()), ..executed() };
    assert_eq!(total(Some(Group::Queue), of_b), found(&[("mail", 2.0)]));
    assert_eq!(total(None, chart(Shown::Failed, None, Agg::Sum)), found(&[("failed", 4.0)]));
    assert_eq!(total(None, chart(Shown::Enqueued, None, Agg::Rate)), found(&[("enqueued", 12.0 / 20.0)]));
}

#[test]
fn durations_are_merged_before_a_quantile_is_taken() {
    let p = |q| of(&chart(Shown::Run, None, Agg::Quantile(q)), &some()).lines.remove(0);
    assert_eq!(p(0.5).points, [Some(0.003), None, Some(0.003), None]);
    assert_eq!(p(0.99).points, [Some(0.04), None, Some(0.003), None]);
    assert_eq!(p(0.99).total, Some(0.04));
    let mean = of(&chart(Shown::Wait, Some(Group::Worker), Agg::Mean), &some());
    let expected: Vec<(&str, &[Option<f64>])> =
        vec![("A", &[Some(0.003), None, Some(0.003), None]), ("B", &[Some(0.04), None, None, None])];
    assert_eq!(points(&mean), expected, "without values there is no mean");
    let states = of(&chart(Shown::Run, Some(Group::State), Agg::Max), &some());
    assert_eq!(states.lines.iter().map(|it| it.key.as_str()).collect::<Vec<_>>(), ["success"]);
}

#[test]
fn what_is_not_at_the_top_is_added_up() {
    let many: Vec<_> = (0..30).map(|n| format!("Job{n:02}")).collect();
    let series: Vec<_> = many
        .iter()
        .enumerate()
        .map(|(n, worker)| {
            let mut counts = [0; 9];
            counts[0] = 100 - n as u64;
            ("mail", worker.as_str(), counts, if n == 20 { LONG } else { SHORT })
        })
        .collect();
    let rows = [(0, "one", row(&series))];
    let charted = of(&chart(Shown::Executed, Some(Group::Worker), Agg::Sum), &rows);
    assert_eq!(charted.lines.len(), 9);
    assert_eq!(charted.lines[0].key, "Job00");
    let rest: u64 = (9..30).map(|n| 100 - n).sum();
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let rest = rest as f64;
    assert_eq!(charted.other.map(|it| it.total), Some(Some(rest)));
    let none = of(&Chart { top: 0, ..chart(Shown::Run, Some(Group::Worker), Agg::Max) }, &rows);
    assert_eq!((none.lines.len(), none.other.map(|it| it.points[0])), (0, Some(Some(0.04))));
}

#[test]
fn samples_are_those_of_queues() {
    let sample = r#"{"v":1,"q":{"mail":[5,2,0,1,900,0,10,false,2],"push":[3,0,0,0,null,0,10,false,2]},"nodes":2}"#;
    let rolled =
        r#"{"v":1,"q":{"mail":[[0,7],[0,0],[0,0],[0,0],[null,950],[0,0],[1,1],[0,0],[1,1]]},"nodes":[1,2],"rows":6}"#;
    let rows = [(0, "*", sample.to_owned()), (1, "*", rolled.to_owned()), (1, "one", row(&[]))];
    // Engines of another name see the same jobs.
    let twice: Vec<_> = rows.iter().cloned().chain(rows.iter().cloned()).collect();
    for rows in [&rows[..], &twice] {
        let backlog = of(&chart(Shown::Backlog, None, Agg::Sum), rows);
        assert_eq!(backlog.lines[0].points, [Some(8.0), Some(0.0), Some(0.0), Some(0.0)]);
        let greatest = of(&chart(Shown::Backlog, Some(Group::Queue), Agg::Max), rows);
        assert_eq!(greatest.lines[0].points[..2], [Some(5.0), Some(7.0)]);
        let states = of(&chart(Shown::Backlog, Some(Group::State), Agg::Sum), rows);
        assert_eq!(
            states.lines.iter().map(|it| (it.key.as_str(), it.points[0])).collect::<Vec<_>>(),
            [("available", Some(8.0)), ("scheduled", Some(2.0)), ("executing", Some(1.0)),]
        );
        let oldest = of(&chart(Shown::Oldest, None, Agg::Max), rows);
        assert_eq!(
            (&oldest.lines[0].points[..2], oldest.lines[0].total),
            (&[Some(900.0), Some(950.0)][..], Some(950.0))
        );
    }
}

#[test]
fn a_node_keeps_its_counts_in_roll_ups() {
    let rolled = r#"{"v":1,"s":[["mail","A",[9,0,0,0,0,0,0,0,0],"","",""]],"n":{"one":[4,0,0,0,0,0,0,0,0],"two":[5,0,0,0,0,0,0,0,0]},"q":{},"rows":2}"#;
    let rows = [(0, "*", rolled.to_owned())];
    let nodes = of(&chart(Shown::Executed, Some(Group::Node), Agg::Sum), &rows);
    assert_eq!(
        nodes.lines.iter().map(|it| (it.key.as_str(), it.total)).collect::<Vec<_>>(),
        [("two", Some(5.0)), ("one", Some(4.0))]
    );
    let one = of(&Chart { node: Some("one".to_owned()), ..chart(Shown::Executed, None, Agg::Sum) }, &rows);
    assert_eq!(one.lines[0].total, Some(4.0));
}

#[test]
fn rows_of_another_format_are_skipped_and_counted() {
    let mut rows = some();
    rows.push((1, "three", r#"{"v":2,"s":{"mail":{}}}"#.to_owned()));
    rows.push((3, "*", r#"{"v":1,"rows":3,"skipped":2}"#.to_owned()));
    let charted = of(&chart(Shown::Executed, None, Agg::Sum), &rows);
    assert_eq!(charted.skipped, 3);
    assert_eq!(charted.lines[0].points, [Some(6.0), None, Some(2.0), Some(0.0)]);
}
