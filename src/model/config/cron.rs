//! Cron entries: `[expression, job, args?, options?]`, or `{ schedule, job, args, … }`.
//!
//! Options are `timezone` (default: the engine's), `name`, `guaranteed` (make up for the last
//! missed tick), `paused`, and those of a job: see [`crate::model::draft::JOB_KEYS`]. The table
//! stores the last tick under the entry's name. Its default consists of job, expression and zone,
//! and a hash of arguments and options.

use serde_json::{Map, Value, json};

use super::kind::{flag, text, zone as zone_of};
use super::options;
use crate::error::Result;
use crate::model::draft::{JOB_KEYS, JobOptions, check_args_of};
use crate::model::read::{Owner, Reader};
use crate::model::schedule::{Schedule, Zone};

#[derive(Debug, Clone, PartialEq)]
pub struct CronEntry {
    /// Unique among the entries.
    pub name: String,
    pub schedule: Schedule,
    /// The name of the job class.
    pub worker: String,
    /// JSON text of an object.
    pub args: String,
    /// JSON text of an object: the options of [`crate::model::draft::Registration::draft`].
    pub options: String,
    pub guaranteed: bool,
    pub paused: bool,
}

options! {
    /// The options of an entry, apart from those of its job.
    struct Own(zone: Zone) {
        timezone: Zone = zone_of().shown("that of the engine") => zone,
            "IANA time zone name.";
        name: Option<String> = text(1..=255).optional().shown("derived from job, expression, zone, arguments and options") => None,
            "Identifies the entry; up to 255 characters.";
        guaranteed: bool = flag() => false,
            "Whether the last missed tick is made up for.";
        paused: bool = flag() => false,
            "Whether the entry starts paused.";
    }
}

/// Reads a list of entries with different names.
pub(crate) fn read_entries(reader: &Reader<'_>, zone: Zone, max_args_bytes: usize) -> Result<Vec<CronEntry>> {
    let mut entries: Vec<CronEntry> = Vec::new();
    for element in reader.elements("a list of entries, or false")? {
        let entry = CronEntry::read(&element, zone, max_args_bytes)?;
        if let Some(index) = entries.iter().position(|other| other.name == entry.name) {
            let name = &entry.name;
            return Err(element.refuse(&format!(
                "expected an entry unlike the others, got {name:?} as in cron[{index}]; give one of them another name"
            )));
        }
        entries.push(entry);
    }
    Ok(entries)
}

impl CronEntry {
    /// Reads an entry given at runtime, as JSON of either form; `path` stands for it in messages.
    pub fn from_json(text: &str, path: &str, zone: Zone, max_args_bytes: usize) -> Result<Self> {
        let value = Owner::Config.parse(path, text)?;
        Self::read(&Reader::new(Owner::Config, path, &value), zone, max_args_bytes)
    }

    /// Applies changes to the members of an entry in object form. `changes` is the JSON of an
    /// object; `null` removes a member.
    pub fn changed(mut entry: Value, changes: &str, path: &str, zone: Zone, max_args_bytes: usize) -> Result<Self> {
        let value = Owner::Config.parse(path, changes)?;
        let reader = Reader::new(Owner::Config, path, &value);
        reader.only(&[&["schedule", "job", "args", "timezone", "guaranteed", "paused"], &JOB_KEYS[..]].concat())?;
        if let (Some(entry), Value::Object(changes)) = (entry.as_object_mut(), value) {
            entry.extend(changes);
        }
        Self::read(&Reader::new(Owner::Config, path, &entry), zone, max_args_bytes)
    }

    fn read(reader: &Reader<'_>, zone: Zone, max_args_bytes: usize) -> Result<Self> {
        const FORMS: &str = "[expression, job, args?, options?] or { schedule, job, args, … }";
        const JOB: &str = "a job class or its name";
        let own = [Own::NAMES, &JOB_KEYS].concat();
        let (schedule, job, args, options) = match reader.value() {
            Value::Array(_) => {
                let mut parts = reader.elements(FORMS)?.into_iter();
                let (Some(schedule), Some(job), args, options, None) =
                    (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
                else {
                    return Err(reader.expected(FORMS));
                };
                let options = options.filter(|it| !it.value().is_null());
                if let Some(it) = &options {
                    it.only(&own)?;
                }
                (schedule, job, args.filter(|it| !it.value().is_null()), options)
            }
            Value::Object(_) => {
                reader.only(&[&["schedule", "job", "args"], &own[..]].concat())?;
                let schedule = reader.need("schedule", "a cron expression")?;
                (schedule, reader.need("job", JOB)?, reader.get("args"), Some(reader.clone()))
            }
            _ => return Err(reader.expected(FORMS)),
        };
        let nothing = json!({});
        let options = options.unwrap_or_else(|| reader.with(&nothing));
        let Own { timezone, name, guaranteed, paused } = Own::walk(&options, zone, &mut |_| ())?;
        let schedule = Schedule::read(&schedule, timezone)?;
        let worker = job.as_text(1..=127)?.to_owned();
        let args = args.map_or(Ok("{}".to_owned()), |it| {
            it.object()?;
            let text = it.value().to_string();
            check_args_of(Owner::Config, it.path(), &text, max_args_bytes).map(|()| text)
        })?;
        let options = job_options(&options)?;
        let name = name.unwrap_or_else(|| name_of(&worker, &schedule, &args, &options));
        Ok(Self { name, schedule, worker, args, options, guaranteed, paused })
    }

    /// The rows of the reference, without the options of jobs.
    pub(crate) fn reference() -> Vec<super::kind::Row> {
        Own::rows(Zone::Etc__UTC)
    }

    /// The definition that the table stores: JSON text of an object with its columns.
    pub fn definition(&self) -> String {
        json!({
            "expression": self.schedule.expression(),
            "timezone": self.schedule.timezone(),
            "worker": self.worker,
            "args": parsed(&self.args),
            "options": parsed(&self.options),
            "guaranteed": self.guaranteed,
            "paused": self.paused,
        })
        .to_string()
    }

    pub(crate) fn effective(&self) -> Value {
        let mut all = json!({
            "schedule": self.schedule.expression(),
            "job": self.worker,
            "args": parsed(&self.args),
            "timezone": self.schedule.timezone(),
            "name": self.name,
            "guaranteed": self.guaranteed,
            "paused": self.paused,
        });
        if let (Some(all), Value::Object(options)) = (all.as_object_mut(), parsed(&self.options)) {
            all.extend(options);
        }
        all
    }
}

/// Parses a text that this module has written.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// Checks the job options of an entry and returns those given. The class's own options are added
/// when a job is inserted.
fn job_options(reader: &Reader<'_>) -> Result<String> {
    JobOptions::read(reader, &JobOptions::default())?;
    let given: Map<_, _> = reader
        .object()?
        .iter()
        .filter(|(key, value)| JOB_KEYS.contains(&key.as_str()) && !value.is_null())
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    Ok(Value::Object(given).to_string())
}

fn name_of(worker: &str, schedule: &Schedule, args: &str, options: &str) -> String {
    let fields: Vec<_> = schedule.expression().split_ascii_whitespace().collect();
    let mut name = format!("{worker} {}", fields.join(" "));
    if schedule.timezone() != Zone::Etc__UTC.name() {
        name = format!("{name} {}", schedule.timezone());
    }
    if args != "{}" || options != "{}" {
        name = format!("{name} #{:016x}", fnv([args, options]));
    }
    name
}

/// FNV-1a, which is the same on every machine and in every release. The members of the texts are
/// sorted.
fn fnv(texts: [&str; 2]) -> u64 {
    let bytes = texts.into_iter().flat_map(|text| text.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
