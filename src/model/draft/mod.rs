//! Job classes and drafts: the options of `register()` and `enqueue()`, checked before any SQL.
//!
//! A draft is a job that is not yet a row: JSON text for the database's enqueue functions, with the
//! members of [`DRAFT_MEMBERS`] and the options of [`JOB_OPTIONS`]. A job's options override those
//! of its class; an object `unique` overrides only the members that it gives.

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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// On the main thread, which started the engine.
    Main,
    /// On a thread of the queue.
    #[default]
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

/// The checked options of a job class.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    pub name: String,
    pub filename: Option<String>,
    pub aliases: Vec<String>,
    /// The isolation that the class requests; [`Registration::isolation_in`] gives the effective
    /// one.
    pub isolation: Option<Isolation>,
    pub transaction: Option<Transaction>,
    /// Whether the lines of `ctx.log` are stored; `None`: as the queue says.
    pub store_logs: Option<bool>,
    /// Whether the CPU time and the heap of attempts are measured; `None`: as the queue says.
    pub measure: Option<bool>,
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
        let store_logs = reader.flag("store_logs")?;
        let measure = reader.flag("measure")?;
        let options = JobOptions::read(&reader, &JobOptions::default())?;
        Ok(Self {
            name,
            filename,
            aliases,
            isolation,
            transaction,
            store_logs,
            measure,
            options,
            given: defaults::given(&reader),
        })
    }

    /// Reads what [`Registration::to_json`] wrote on another node. Whether the class gave its options is not recorded.
    pub fn recorded(text: &str) -> Result<Self> {
        Ok(Self { given: vec![], ..Self::from_json(text)? })
    }

    /// A class of which only the name is known: its jobs have the default options.
    pub fn unknown(name: &str) -> Result<Self> {
        let value = Value::from(name);
        Owner::Job.storable("worker", &value.to_string())?;
        let name = Reader::new(Owner::Job, "worker", &value).as_text(1..=127)?.to_owned();
        let options = JobOptions::default();
        Ok(Self {
            name,
            filename: None,
            aliases: vec![],
            isolation: None,
            transaction: None,
            store_logs: None,
            measure: None,
            options,
            given: vec![],
        })
    }

    /// All options, including defaults, as [`Registration::from_json`] reads them back.
    pub fn to_json(&self) -> String {
        let mut all = Map::new();
        all.insert("name".to_owned(), json!(self.name));
        all.insert("filename".to_owned(), json!(self.filename));
        all.insert("aliases".to_owned(), json!(self.aliases));
        all.extend(self.options.to_json());
        all.insert("isolation".to_owned(), json!(self.isolation.map(Isolation::as_str)));
        all.insert("transaction".to_owned(), Transaction::to_json(self.transaction));
        all.insert("store_logs".to_owned(), json!(self.store_logs));
        all.insert("measure".to_owned(), json!(self.measure));
        Value::Object(all).to_string()
    }

    /// Where the class's jobs run on a queue: as the class says, else as the queue says, else as the
    /// engine says. Without a file, only the thread that has the class can run them. An engine with
    /// the isolation `main` runs all jobs there.
    pub fn isolation_in(&self, queue: Option<Isolation>, engine: Isolation) -> Isolation {
        match self.filename {
            Some(_) if engine != Isolation::Main => self.isolation.or(queue).unwrap_or(engine),
            _ => Isolation::Main,
        }
    }

    /// One draft without `args`: a JSON object with at least the member `worker`. It contains what
    /// differs from the database's defaults, and what was given where a queue may have other
    /// defaults. The class's backoff is left out, because it is read at the time of the failure.
    pub fn draft(&self, options: &str) -> Result<String> {
        let value = Owner::Job.parse(&self.name, options)?;
        let reader = Reader::new(Owner::Job, &self.name, &value);
        reader.only(&[&JOB_KEYS[..], ENQUEUE_KEYS].concat())?;
        let class = JobOptions { backoff: None, ..self.options.clone() };
        let mut options = JobOptions::read(&reader, &class)?;
        if reader.flag("profile")? == Some(true) {
            options.meta.insert(PROFILE.to_owned(), json!(1));
        }
        if options.meta.contains_key("context") {
            return Err(Owner::Job.error(format!("{}.meta: {CONTEXT}", self.name)));
        }
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

/// The member of `meta` with the number of the attempt that is to be profiled.
const PROFILE: &str = "profile_attempt";

/// The member of `meta` in which a job has what enqueue middleware carries to it.
const CONTEXT: &str = "expected no member context, got one; enqueue middleware sets it: draft.context({ … })";

/// Rejects arguments, a JSON text, that are too long or that `jsonb` cannot store.
pub fn check_args(text: &str, max_bytes: usize) -> Result<()> {
    check_args_of(Owner::Job, "args", text, max_bytes)
}

/// As [`check_args`], for arguments at `path`.
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
