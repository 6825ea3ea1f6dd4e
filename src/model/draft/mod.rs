//! Job classes and drafts: the options of `register()` and `enqueue()`, checked before any SQL.
//!
//! A draft is a job that is not yet a row: JSON text for the database's enqueue functions, with the members of
//! [`DRAFT_MEMBERS`] and the options of [`JOB_OPTIONS`]. A job's options are read over those of its class: each one that is given
//! replaces the class's, and an object `unique` changes single choices of the class's.

mod defaults;
mod options;
mod patch;
mod transaction;
mod when;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::model::read::{Owner, Reader};

pub use defaults::{DefaultsByQueue, QueueDefaults};
pub use options::{CLASS_KEYS, DRAFT_MEMBERS, ENQUEUE_KEYS, JOB_KEYS, JOB_OPTIONS, JobOption, JobOptions, VersionRule};
pub use patch::check_patch;
pub use transaction::Transaction;
use when::When;

/// Where the jobs of a class run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// On the thread that started the engine.
    Main,
    /// On a thread of the queue.
    Thread,
    /// In a child process.
    Process,
}

impl Isolation {
    const WORDS: [(&'static str, Self); 3] =
        [("main", Self::Main), ("thread", Self::Thread), ("process", Self::Process)];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Thread => "thread",
            Self::Process => "process",
        }
    }

    pub(crate) fn read(reader: &Reader<'_>) -> Result<Self> {
        reader.word(&Self::WORDS)
    }
}

/// A job class, as it registered itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    pub name: String,
    pub filename: Option<String>,
    pub aliases: Vec<String>,
    /// As the class asked for; [`Registration::isolation_in`] says where it runs.
    pub isolation: Option<Isolation>,
    pub transaction: Option<Transaction>,
    pub options: JobOptions,
    /// Options that the defaults of a queue do not replace, because the class gives them.
    given: Vec<&'static str>,
}

impl Registration {
    /// Reads the options of `register()`, a JSON object.
    pub fn from_json(text: &str) -> Result<Self> {
        let value = Owner::Job.parse("", text)?;
        let name = Reader::new(Owner::Job, "", &value).need("name", NAME)?.as_text(1..=127)?.to_owned();
        let reader = Reader::new(Owner::Job, &name, &value);
        reader.only(&[CLASS_KEYS, &JOB_KEYS].concat())?;
        let filename = reader.text("filename", 1..=usize::MAX)?.map(str::to_owned);
        let aliases = match reader.get("aliases") {
            Some(it) => it.texts("a list of names", 64, 1..=127)?,
            None => vec![],
        };
        if aliases.contains(&name) {
            return Err(reader.need("aliases", NAME)?.expected(&format!("names other than {name:?}")));
        }
        let isolation = match reader.get("isolation") {
            Some(it) => {
                let isolation = Isolation::read(&it)?;
                if filename.is_none() && isolation != Isolation::Main {
                    return Err(it.expected("\"main\", or a filename from which the class can be loaded elsewhere"));
                }
                Some(isolation)
            }
            None => None,
        };
        let transaction = match reader.get("transaction") {
            Some(it) => Transaction::read(&it)?,
            None => None,
        };
        let options = JobOptions::read(&reader, &JobOptions::default())?;
        Ok(Self { name, filename, aliases, isolation, transaction, options, given: defaults::given(&reader) })
    }

    /// Reads what [`Registration::to_json`] wrote on another node. Whether the class gave its options is not recorded.
    pub fn recorded(text: &str) -> Result<Self> {
        Ok(Self { given: vec![], ..Self::from_json(text)? })
    }

    /// A class of which only the name is known: its jobs get the defaults.
    pub fn unknown(name: &str) -> Result<Self> {
        let value = Value::from(name);
        Owner::Job.storable("worker", &value.to_string())?;
        let name = Reader::new(Owner::Job, "worker", &value).as_text(1..=127)?.to_owned();
        let options = JobOptions::default();
        Ok(Self { name, filename: None, aliases: vec![], isolation: None, transaction: None, options, given: vec![] })
    }

    /// Every option, defaults too, as [`Registration::from_json`] reads it back.
    pub fn to_json(&self) -> String {
        let mut all = Map::new();
        all.insert("name".to_owned(), json!(self.name));
        all.insert("filename".to_owned(), json!(self.filename));
        all.insert("aliases".to_owned(), json!(self.aliases));
        all.extend(self.options.to_json());
        all.insert("isolation".to_owned(), json!(self.isolation.map(Isolation::as_str)));
        all.insert("transaction".to_owned(), Transaction::to_json(self.transaction));
        Value::Object(all).to_string()
    }

    /// Where its jobs run on a queue: where the class says, else where the queue says, else on a thread. Without a file only
    /// the thread that has the class can run them.
    pub fn isolation_in(&self, queue: Option<Isolation>) -> Isolation {
        match self.filename {
            Some(_) => self.isolation.or(queue).unwrap_or(Isolation::Thread),
            None => Isolation::Main,
        }
    }

    /// One draft without `args`: a JSON object with at least the member `worker`. It says what differs from the database's
    /// defaults, and what was given where a queue may have other defaults; the class's backoff is left to the time of the failure.
    pub fn draft(&self, options: &str) -> Result<String> {
        let value = Owner::Job.parse(&self.name, options)?;
        let reader = Reader::new(Owner::Job, &self.name, &value);
        reader.only(&[&JOB_KEYS[..], ENQUEUE_KEYS].concat())?;
        let class = JobOptions { backoff: None, ..self.options.clone() };
        let options = JobOptions::read(&reader, &class)?;
        let when = When::read(&reader)?;
        let mut draft = Map::new();
        draft.insert("worker".to_owned(), json!(self.name));
        options.write(&mut draft);
        let all = options.to_json();
        for key in self.given.iter().copied().chain(defaults::given(&reader)) {
            draft.entry(key).or_insert_with(|| all[key].clone());
        }
        when.write(&mut draft);
        Ok(Value::Object(draft).to_string())
    }
}

const NAME: &str = "the name of the class";

/// Refuses arguments, a JSON text, that are too long or that `jsonb` cannot hold.
pub fn check_args(text: &str, max_bytes: usize) -> Result<()> {
    check_args_of(Owner::Job, "args", text, max_bytes)
}

/// As [`check_args`], for arguments that stand at `path`.
pub(crate) fn check_args_of(owner: Owner, path: &str, text: &str, max_bytes: usize) -> Result<()> {
    if text.len() > max_bytes {
        let bytes = text.len();
        let hint = "keep the data elsewhere and pass a reference to it";
        let message =
            format!("{path}: expected at most {max_bytes} bytes of JSON (max_args_bytes), got {bytes}; {hint}");
        return Err(owner.error(message));
    }
    owner.storable(path, text)
}

#[cfg(test)]
mod tests;
