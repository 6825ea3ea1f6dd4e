//! The data of a row of `eram_metrics`.
//!
//! | key | contents |
//! |---|---|
//! | `v` | the version of this format |
//! | `s` | what was counted: a list of `[queue, class, counts, run, failed, wait]` |
//! | `e` | what the engine of a node has done, see [`super::EngineBucket`] |
//! | `q` | by queue, how many jobs waited: nine numbers of a sample, or `[last, greatest]` of each |
//! | `nodes` | how many nodes served queues; as in `q` |
//! | `n` | of a roll-up, and of the sum of the rows of nodes: the counts of each node |
//! | `rows` | of these: how many rows of ten seconds it was made of |
//! | `skipped` | of these: how many of them have an unknown format |

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

/// The version that this engine reads and writes.
pub const VERSION: u64 = 1;

/// A row, as far as it is read again.
#[derive(Debug, Deserialize)]
pub struct MetricsData<'a> {
    v: u64,
    #[serde(borrow, default)]
    pub s: Vec<StoredSeries<'a>>,
    #[serde(borrow, default)]
    pub q: BTreeMap<Cow<'a, str>, [Sampled; 9]>,
    #[serde(default)]
    pub nodes: Option<Sampled>,
    #[serde(borrow, default)]
    pub n: BTreeMap<Cow<'a, str>, [u64; 9]>,
    #[serde(default)]
    pub rows: Option<u64>,
    #[serde(default)]
    pub skipped: u64,
}

/// A queue, a class, counts, and the texts of three histograms: run, failed, wait.
#[derive(Debug, Deserialize)]
pub struct StoredSeries<'a>(
    #[serde(borrow)] pub Cow<'a, str>,
    #[serde(borrow)] pub Cow<'a, str>,
    pub [u64; 9],
    pub &'a str,
    pub &'a str,
    pub &'a str,
);

/// A number of a sample, or the last and the greatest of several samples.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "Value")]
pub struct Sampled {
    pub last: Option<i64>,
    pub max: Option<i64>,
}

impl<'a> MetricsData<'a> {
    /// `None` if the format is unknown.
    pub fn read(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|it: &Self| it.v == VERSION)
    }
}

impl From<Value> for Sampled {
    fn from(value: Value) -> Self {
        match value.as_array().map(Vec::as_slice) {
            Some([last, max]) => Self { last: number(last), max: number(max) },
            _ => Self { last: number(&value), max: number(&value) },
        }
    }
}

impl Sampled {
    /// Adds a later sample.
    pub fn then(&mut self, later: Self) {
        self.last = later.last;
        self.max = self.max.max(later.max);
    }

    pub fn to_array(self) -> [Option<i64>; 2] {
        [self.last, self.max]
    }
}

/// `paused` becomes 0 or 1.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds and numbers of jobs")]
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Bool(it) => Some(i64::from(*it)),
        _ => value.as_f64().map(|it| it.round() as i64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_another_version_or_shape_is_not_read() {
        for text in
            [r#"{"v":2,"s":[]}"#, r#"{"v":2,"s":{"new":1}}"#, r#"{"v":1,"s":[["a"]]}"#, r#"{"s":[]}"#, "[]", "1"]
        {
            assert!(MetricsData::read(text).is_none(), "{text}");
        }
        assert!(MetricsData::read(r#"{"v":1,"later":{"more":[]}}"#).is_some(), "keys may be added");
    }

    #[test]
    fn a_sample_and_several_are_read_alike() {
        let text = r#"{"v":1,"nodes":3,"q":{"a":[1,2,0,4,null,0,10,true,2],"b":[[1,5],[0,0],[0,0],[0,0],[null,7],[0,0],[1,1],[0,1],[1,1]]}}"#;
        let data = MetricsData::read(text).expect("a row");
        assert_eq!(data.q["a"][0].to_array(), [Some(1), Some(1)]);
        assert_eq!(data.q["a"][4].to_array(), [None, None]);
        assert_eq!(data.q["a"][7].to_array(), [Some(1), Some(1)]);
        assert_eq!(data.q["b"][4].to_array(), [None, Some(7)]);
        assert_eq!(data.nodes.map(|it| it.last), Some(Some(3)));
    }
}
