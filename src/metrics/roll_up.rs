//! A roll-up: the row of a minute or an hour, made of all finer rows. Histograms are added bucket by bucket, so the roll-up of
//! roll-ups is that of the first rows.

use std::collections::BTreeMap;

use serde_json::json;

use super::row::{MetricsData, Sampled, StoredSeries, VERSION};
use super::{Counts, Series, SeriesTable, decode, encode};

/// The position of the bits that say which counts are lower bounds.
const AT_LEAST: usize = 5;

/// What is added up for one roll-up.
pub struct RollUp {
    series: SeriesTable,
    queues: BTreeMap<String, [Sampled; 9]>,
    nodes: Option<Sampled>,
    by_node: BTreeMap<String, Counts>,
    rows: u64,
    skipped: u64,
}

impl RollUp {
    /// `max_series`: the number of pairs of queue and class that are kept apart.
    pub fn new(max_series: usize) -> Self {
        Self {
            series: SeriesTable::new(max_series),
            queues: BTreeMap::new(),
            nodes: None,
            by_node: BTreeMap::new(),
            rows: 0,
            skipped: 0,
        }
    }

    /// Adds a finer row, in the order of time. One with an unknown format is only counted.
    pub fn add(&mut self, node: &str, text: &str) {
        let Some(data) = MetricsData::read(text) else {
            self.rows += 1;
            self.skipped += 1;
            return;
        };
        self.rows += data.rows.unwrap_or(1);
        self.skipped += data.skipped;
        let mut sum = Counts::default();
        for series in &data.s {
            sum.add(&Counts::from_array(series.2));
            self.series.merge_one(&series_of(series));
        }
        if data.rows.is_none() && !data.s.is_empty() {
            self.by_node.entry(node.to_owned()).or_default().add(&sum);
        }
        for (node, counts) in data.n {
            self.by_node.entry(node.into_owned()).or_default().add(&Counts::from_array(counts));
        }
        for (queue, sample) in data.q {
            let known = self.queues.entry(queue.into_owned()).or_default();
            let bits = known[AT_LEAST].max.unwrap_or(0) | sample[AT_LEAST].max.unwrap_or(0);
            known.iter_mut().zip(sample).for_each(|(known, later)| known.then(later));
            known[AT_LEAST].max = Some(bits);
        }
        if let Some(nodes) = data.nodes {
            self.nodes.get_or_insert_default().then(nodes);
        }
    }

    /// How many rows of ten seconds it is made of.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// The data of the row.
    pub fn text(&self) -> String {
        let mut series: Vec<&Series> = self.series.all().iter().collect();
        series.sort_by(|a, b| (&a.queue, &a.worker).cmp(&(&b.queue, &b.worker)));
        let series: Vec<_> = series.into_iter().map(to_json).collect();
        let queues: BTreeMap<_, _> =
            self.queues.iter().map(|(queue, numbers)| (queue, numbers.map(Sampled::to_array))).collect();
        let by_node: BTreeMap<_, _> = self.by_node.iter().map(|(node, counts)| (node, counts.to_array())).collect();
        let mut row = json!({ "v": VERSION, "s": series, "q": queues, "n": by_node, "rows": self.rows });
        if let Some(nodes) = self.nodes {
            row["nodes"] = json!(nodes.to_array());
        }
        if self.skipped > 0 {
            row["skipped"] = json!(self.skipped);
        }
        row.to_string()
    }
}

/// A series as an element of `s`.
pub fn to_json(it: &Series) -> serde_json::Value {
    json!([*it.queue, *it.worker, it.counts.to_array(), encode(&it.run), encode(&it.failed), encode(&it.wait)])
}

/// Counts a text that cannot be read as a histogram without values.
fn series_of(StoredSeries(queue, worker, counts, run, failed, wait): &StoredSeries<'_>) -> Series {
    let [run, failed, wait] = [run, failed, wait].map(|text| decode(text).unwrap_or_default());
    Series {
        queue: (&**queue).into(),
        worker: (&**worker).into(),
        counts: Counts::from_array(*counts),
        run,
        failed,
        wait,
        measured: 0,
        cpu_us: 0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::metrics::{Attempt, BUCKET, Buckets, Metrics};
    use crate::model::outcome::EventState;
    use crate::testing::Dice;

    /// Rows of two nodes over so many buckets, as the nodes write them, and all that was counted in them.
    fn rows(count: u64) -> (Vec<(&'static str, String)>, Metrics) {
        let (all, mut dice, mut rows) = (Metrics::new(1_000), Dice(5), vec![]);
        let name = |n: u64| -> Arc<str> { Arc::from(format!("n{n}")) };
        for node in ["a", "b"] {
            let (metrics, mut buckets) = (Metrics::new(1_000), Buckets::default());
            for n in 0..count {
                buckets.advance(i64::try_from(n).expect("small") * BUCKET, || metrics.take());
                for _ in 0..30 {
                    let (queue, worker) = (name(dice.roll(3)), name(dice.roll(4)));
                    let states = [EventState::Success, EventState::Failure, EventState::Discard];
                    let state = Some(states[usize::try_from(dice.roll(3)).expect("small")]);
                    let run = Some(Duration::from_micros(dice.roll(10_000_000)));
                    let attempt = || Attempt {
                        queue: &queue,
                        worker: &worker,
                        state,
                        run,
                        wait: run.map_or(0, |it| it.as_secs()),
                        cpu: None,
                    };
                    metrics.attempts([attempt()].into_iter());
                    all.attempts([attempt()].into_iter());
                }
            }
            buckets.close(0, metrics.take());
            while !buckets.is_empty() {
                let sent = buckets.send();
                buckets.written(sent.len());
                rows.extend(sent.into_iter().map(|(_, text)| (node, text)));
            }
        }
        (rows, all)
    }

    fn rolled<'a>(rows: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
        let mut roll_up = RollUp::new(1_000);
        rows.into_iter().for_each(|(node, text)| roll_up.add(node, text));
        roll_up.text()
    }

    #[test]
    fn the_roll_up_of_roll_ups_is_that_of_all_rows_and_loses_nothing() {
        let (rows, all) = rows(24);
        let one = rolled(rows.iter().map(|(node, text)| (*node, text.as_str())));
        let minutes: Vec<String> =
            rows.chunks(5).map(|part| rolled(part.iter().map(|(node, text)| (*node, text.as_str())))).collect();
        assert_eq!(rolled(minutes.iter().map(|text| ("*", text.as_str()))), one);
        assert_eq!(rolled(minutes.iter().rev().map(|text| ("*", text.as_str()))), one, "in any order");

        let mut expected = all.totals();
        expected.sort_by(|a, b| (&a.queue, &a.worker).cmp(&(&b.queue, &b.worker)));
        let row: serde_json::Value = serde_json::from_str(&one).expect("JSON");
        assert_eq!(row["s"], serde_json::Value::Array(expected.iter().map(to_json).collect()));
        let nodes = ["a", "b"].map(|node| row["n"][node][0].as_u64().expect("a count"));
        assert_eq!(nodes.iter().sum::<u64>(), expected.iter().map(|it| it.counts.success).sum::<u64>());
    }

    #[test]
    fn samples_keep_the_last_and_the_greatest_of_each_number() {
        let row = |n: i64, bits: i64| {
            format!(
                r#"{{"v":1,"q":{{"mail":[{n},0,0,1,{},{bits},10,false,2]}},"nodes":{n}}}"#,
                if n > 4 { "900" } else { "null" }
            )
        };
        let text = rolled([("*", &*row(2, 1)), ("*", &*row(9, 2)), ("*", &*row(4, 0))]);
        let row: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let mail = &row["q"]["mail"];
        assert_eq!((&mail[0], &mail[4], &mail[5]), (&json!([4, 9]), &json!([null, 900]), &json!([0, 3])));
        assert_eq!((&row["nodes"], &row["rows"]), (&json!([4, 9]), &json!(3)));
    }

    #[test]
    fn a_row_with_an_unknown_format_is_counted_and_skipped() {
        let text =
            rolled([("a", r#"{"v":2,"s":"new"}"#), ("a", r#"{"v":1,"s":[["q","J",[1,0,0,0,0,0,0,0,0],"","",""]]}"#)]);
        let row: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&row["rows"], &row["skipped"], &row["s"][0][2][0]), (&json!(2), &json!(1), &json!(1)));
    }
}
