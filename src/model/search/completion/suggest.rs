//! What may be put at the caret, by what is known of the jobs.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::{Asked, Place};
use crate::model::job::State;
use crate::model::search::{FLAG_NAMES, Field, QUALIFIERS, Qualifier};
use crate::model::words::count;

/// The most suggestions.
const MOST: usize = 20;

/// The longest value that is suggested, in characters.
const LONGEST: usize = 100;

/// A job of the sample. Documents that are too large are null.
#[derive(Debug, Clone, Default)]
pub struct Sampled {
    pub queue: String,
    pub worker: String,
    pub node: Option<String>,
    pub tags: Vec<String>,
    pub args: Value,
    pub meta: Value,
}

/// What is known of the jobs, as far as it is asked for.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// How many jobs are in each state.
    pub states: BTreeMap<String, i64>,
    pub queues: Vec<String>,
    pub workers: Vec<String>,
    pub nodes: Vec<String>,
    pub crons: Vec<String>,
    /// The newest jobs.
    pub sample: Vec<Sampled>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Suggestion {
    /// What takes the place of the word.
    pub value: String,
    pub kind: &'static str,
    /// A phrase about it.
    pub text: String,
    /// How many jobs have it: of the sample, but for states.
    pub count: Option<i64>,
}

/// The best suggestions first.
pub fn suggest(place: &Place, known: &Known) -> Vec<Suggestion> {
    let mut found = match &place.asked {
        Asked::Nothing => vec![],
        Asked::Key(prefix) => keys(prefix),
        Asked::Path { document, path, prefix } => paths(known, document, path, prefix, ":"),
        Asked::Value { field, path, prefix, taken } => {
            let mut found = values(*field, path, prefix, known);
            found.retain(|it| !taken.contains(&it.value));
            found
        }
    };
    found.truncate(MOST);
    found
}

fn keys(prefix: &str) -> Vec<Suggestion> {
    let key = |it: &Qualifier| {
        let end = if matches!(it.field, Field::Args | Field::Meta) { "." } else { ":" };
        let text = format!("jobs {}, such as {}", it.meaning, it.example);
        Suggestion { value: format!("{}{end}", it.name), kind: "key", text, count: None }
    };
    ranked(QUALIFIERS.iter().map(|it| (it.name.to_owned(), None, key(it))), prefix)
}

fn values(field: Field, path: &[String], prefix: &str, known: &Known) -> Vec<Suggestion> {
    let of_sample = |names: &[String], of: &dyn Fn(&Sampled) -> Vec<&str>, kind: &'static str| {
        let mut counts: BTreeMap<String, i64> = names.iter().map(|name| (name.clone(), 0)).collect();
        for name in known.sample.iter().flat_map(of) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
        ranked(counts.into_iter().map(|(name, jobs)| counted(&name, kind, jobs, written(&name, false))), prefix)
    };
    match field {
        Field::State => states(prefix, known),
        Field::Is => {
            let flag = |name: &&'static str| {
                let of = Suggestion { value: (*name).to_owned(), kind: "flag", text: String::new(), count: None };
                ((*name).to_owned(), None, of)
            };
            ranked(FLAG_NAMES.iter().map(flag), prefix)
        }
        Field::Queue => of_sample(&known.queues, &|it| vec![&it.queue], "queue"),
        Field::Worker => of_sample(&known.workers, &|it| vec![&it.worker], "worker"),
        Field::Node => of_sample(&known.nodes, &|it| it.node.as_deref().into_iter().collect(), "node"),
        Field::Cron => of_sample(&known.crons, &|it| it.meta["cron_name"].as_str().into_iter().collect(), "cron"),
        Field::Tag => of_sample(&[], &|it| it.tags.iter().map(String::as_str).collect(), "tag"),
        Field::Args | Field::Meta => scalars(field, path, prefix, known),
        Field::Has => {
            let mut words: Vec<String> = prefix.split('.').map(str::to_owned).collect();
            let last = words.pop().unwrap_or_default();
            match words.split_first() {
                None => {
                    let document = |name: &str| {
                        let value = format!("{name}.");
                        (name.to_owned(), None, Suggestion { value, kind: "key", text: String::new(), count: None })
                    };
                    ranked(["args", "meta"].into_iter().map(document), &last)
                }
                Some((document, path)) => paths(known, document, path, &last, ""),
            }
        }
        _ => vec![],
    }
}

fn states(prefix: &str, known: &Known) -> Vec<Suggestion> {
    let state = |name: &'static str| {
        let jobs = known.states.get(name).copied();
        let text = jobs.map(|jobs| count(jobs, "job")).unwrap_or_default();
        // In the order of a job's life.
        (name.to_owned(), None, Suggestion { value: name.to_owned(), kind: "state", text, count: jobs })
    };
    let groups = [("live", "all but the final states"), ("final", "completed, cancelled or discarded")];
    let group = |(name, text): (&'static str, &str)| {
        (
            name.to_owned(),
            None,
            Suggestion { value: name.to_owned(), kind: "state", text: text.to_owned(), count: None },
        )
    };
    ranked(State::ALL.map(|it| state(it.as_str())).into_iter().chain(groups.map(group)), prefix)
}

/// The keys below a path of `args` or `meta`; those of objects go on with a dot, others end with `end`.
fn paths(known: &Known, document: &str, path: &[String], prefix: &str, end: &str) -> Vec<Suggestion> {
    let mut counts: BTreeMap<(&str, bool), i64> = BTreeMap::new();
    for job in &known.sample {
        let Some(object) = at(document_of(job, document), path).and_then(Value::as_object) else { continue };
        for (key, value) in object {
            *counts.entry((key, value.is_object())).or_default() += 1;
        }
    }
    let mut before = document.to_owned();
    for key in path {
        before.push('.');
        before.push_str(&key_written(key));
    }
    let key = |((key, is_object), jobs): ((&str, bool), i64)| {
        let value = format!("{before}.{}{}", key_written(key), if is_object { "." } else { end });
        counted(key, "path", jobs, value)
    };
    ranked(counts.into_iter().filter(|((key, _), _)| is_short(key)).map(key), prefix)
}

/// The values at a path, and the items of arrays there.
fn scalars(field: Field, path: &[String], prefix: &str, known: &Known) -> Vec<Suggestion> {
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for job in &known.sample {
        let found = match at(document_of(job, field.name()), path) {
            None => continue,
            Some(Value::Array(items)) => items.iter().collect(),
            Some(value) => vec![value],
        };
        let mut written: Vec<String> = found.into_iter().filter_map(scalar).collect();
        written.sort_unstable();
        written.dedup();
        for text in written {
            *counts.entry(text).or_default() += 1;
        }
    }
    let plain = |text: &str| text.trim_matches('"').to_owned();
    ranked(counts.into_iter().map(|(text, jobs)| counted(&plain(&text), "value", jobs, text)), prefix)
}

fn document_of<'a>(job: &'a Sampled, document: &str) -> &'a Value {
    if document == "meta" { &job.meta } else { &job.args }
}

fn at<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, key| value.get(key.as_str()))
}

/// A scalar as a search has it.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => is_short(text).then(|| written(text, true)),
        Value::Number(_) | Value::Bool(_) | Value::Null => Some(value.to_string()),
        _ => None,
    }
}

fn is_short(text: &str) -> bool {
    text.chars().nth(LONGEST).is_none() && !text.contains('\0')
}

/// A text as a value, quoted where it would be read otherwise; as a string of JSON also if it looks like another scalar.
fn written(text: &str, is_json: bool) -> String {
    let is_other = is_json && serde_json::from_str::<Value>(text).is_ok();
    let is_special = |c: char| c.is_whitespace() || c == ',' || c == '"';
    let is_plain = !text.is_empty()
        && !is_other
        && !text.contains(is_special)
        && !text.contains("..")
        && !text.starts_with(['<', '>', '~', '='])
        && !text.ends_with('*');
    if is_plain { text.to_owned() } else { quoted(text) }
}

fn key_written(key: &str) -> String {
    let is_plain = !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || "_-$".contains(c));
    if is_plain { key.to_owned() } else { quoted(key) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn counted(name: &str, kind: &'static str, jobs: i64, value: String) -> (String, Option<i64>, Suggestion) {
    let text = if jobs == 0 { String::new() } else { format!("{} of the newest", count(jobs, "job")) };
    (name.to_owned(), Some(jobs), Suggestion { value, kind, text, count: Some(jobs) })
}

/// Those that contain the prefix, regardless of case: first those that begin with it, then by how many jobs have them.
fn ranked(all: impl Iterator<Item = (String, Option<i64>, Suggestion)>, prefix: &str) -> Vec<Suggestion> {
    let prefix = prefix.to_lowercase();
    let mut fitting: Vec<_> = all
        .filter_map(|(name, jobs, of)| {
            let at = name.to_lowercase().find(&prefix)?;
            Some((at > 0, jobs.map(|jobs| -jobs), of))
        })
        .collect();
    fitting.sort_by_key(|(is_inner, jobs, _)| (*is_inner, *jobs));
    fitting.into_iter().map(|(_, _, of)| of).collect()
}
