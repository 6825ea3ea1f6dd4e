//! The row in which a job crosses to its isolate: a JSON array, spliced from what PostgreSQL sent.
//!
//! `[run, id, worker, queue, attempt, max_attempts, priority, args, meta|0, tags|0, errors|0, inserted_at, scheduled_at,
//! attempted_at, timeout|0]`, instants in milliseconds since 1970.

use std::fmt::Write;

use crate::model::job::Job;

/// Everything after the run's number.
pub fn tail(job: &Job) -> String {
    let meta = job.meta.as_deref().unwrap_or("0");
    let size = job.args.len() + meta.len() + job.worker.len() + job.queue.len() + 128;
    let mut out = String::with_capacity(size);
    push_number(&mut out, job.id);
    out.push(',');
    push_text(&mut out, &job.worker);
    out.push(',');
    push_text(&mut out, &job.queue);
    for number in [job.attempt, job.max_attempts, job.priority] {
        push_number(&mut out, number);
    }
    for json in [&job.args, meta] {
        out.push(',');
        out.push_str(json);
    }
    out.push(',');
    if job.tags.is_empty() {
        out.push('0');
    } else {
        for (i, tag) in job.tags.iter().enumerate() {
            out.push(if i == 0 { '[' } else { ',' });
            push_text(&mut out, tag);
        }
        out.push(']');
    }
    out.push(',');
    if job.errors.is_empty() {
        out.push('0');
    } else {
        let _ = write!(out, "[{}]", job.errors.join(","));
    }
    for micros in [job.inserted_at, job.scheduled_at, job.attempted_at] {
        push_number(&mut out, micros.div_euclid(1000));
    }
    push_number(&mut out, job.timeout.unwrap_or(0));
    out.push(']');
    out
}

fn push_number(out: &mut String, number: impl itoa::Integer) {
    out.push(',');
    out.push_str(itoa::Buffer::new().format(number));
}

/// A JSON string; names are nearly always plain.
fn push_text(out: &mut String, text: &str) {
    if text.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::to_string(text).expect("a string always has a JSON text"));
    }
}

#[cfg(test)]
mod tests {
    use super::tail;
    use crate::model::job::sample;

    #[test]
    fn a_row_is_json_that_reads_back() {
        let mut job = sample(2, 3);
        job.worker = "A\"b".into();
        job.args = r#"{"a": [1, "x"]}"#.to_owned();
        job.tags = vec!["t".to_owned(), "ü\n".to_owned()];
        job.errors = vec![r#"{"attempt": 1}"#.to_owned()];
        let row: serde_json::Value = serde_json::from_str(&format!("[7{}", tail(&job))).unwrap();
        let expected = serde_json::json!([
            7, 1, "A\"b", "default", 2, 3, 0, {"a": [1, "x"]}, 0, ["t", "ü\n"], [{"attempt": 1}],
            1_704_067_100_000_i64, 1_704_067_100_000_i64, 1_704_067_200_000_i64, 0
        ]);
        assert_eq!(row, expected);
    }
}
