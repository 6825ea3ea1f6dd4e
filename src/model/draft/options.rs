//! The table of job options: what `register()` and `enqueue()` accept, and what the enqueue
//! functions of the database store.
//!
//! The readers, the known keys, `lib/shared/option-keys.js` and [`JOB_OPTIONS`] are derived from
//! it. Tests compare it with the SQL of the migrations, the declarations and
//! `docs/reference/options.md`.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::error::Result;
use crate::model::backoff::Backoff;
use crate::model::read::{Reader, Unit};
use crate::model::unique::Unique;

/// An option in the table.
#[derive(Debug, Serialize)]
pub struct JobOption {
    pub key: &'static str,
    pub allowed_in: Call,
    /// Its key in a draft; `None` if drafts do not contain it.
    pub draft_key: Option<&'static str>,
    /// The columns of `eram_jobs` that hold it.
    pub columns: &'static [&'static str],
}

/// Which calls take an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Call {
    Register,
    Enqueue,
    Both,
}

/// The members of a draft that are not options, each with a column of the same name: the caller
/// gives worker and args, the engine its version.
pub const DRAFT_MEMBERS: [&str; 3] = ["worker", "args", "version"];

macro_rules! job_options {
    (
        register { $($(#[doc = $class_doc:literal])+ $class_key:ident,)+ }
        both {
            $($(#[doc = $doc:literal])+ $key:ident: $type:ty = $default:expr, $read:expr, $json:expr => $draft_key:ident [$($column:ident),*];)+
        }
        enqueue { $($(#[doc = $own_doc:literal])+ $own_key:ident => [$($own_column:ident),*];)+ }
        marks { $($(#[doc = $mark_doc:literal])+ $mark_key:ident,)+ }
    ) => {
        /// The options that a job class and a single job share. A job's options override those of
        /// its class.
        #[derive(Debug, Clone, PartialEq)]
        pub struct JobOptions { $($(#[doc = $doc])+ pub $key: $type),+ }

        impl Default for JobOptions {
            fn default() -> Self {
                Self { $($key: $default),+ }
            }
        }

        impl JobOptions {
            /// Reads the given options, and takes the others from `base`. Does not check for
            /// unknown keys.
            pub fn read(reader: &Reader<'_>, base: &Self) -> Result<Self> {
                Ok(Self { $($key: read_one(reader.get(stringify!($key)), &base.$key, $read)?),+ })
            }

            /// All options, as [`JobOptions::read`] reads them back.
            pub fn to_json(&self) -> Map<String, Value> {
                let mut all = Map::new();
                $(all.insert(stringify!($key).to_owned(), write_one(&self.$key, $json));)+
                all
            }

            /// Writes into a draft the options that differ from the defaults of the database's
            /// enqueue functions.
            pub fn write(&self, draft: &mut Map<String, Value>) {
                let plain = Self::default();
                $(if self.$key != plain.$key {
                    draft.insert(stringify!($draft_key).to_owned(), write_one(&self.$key, $json));
                })+
            }
        }

        /// The keys that only `register()` takes.
        pub const CLASS_KEYS: &[&str] = &[$(stringify!($class_key)),+];
        /// The keys that `register()` and `enqueue()` take.
        pub const JOB_KEYS: [&str; [$(stringify!($key)),+].len()] = [$(stringify!($key)),+];
        /// The keys that only `enqueue()` takes.
        pub const ENQUEUE_KEYS: &[&str] = &[$(stringify!($own_key)),+, $(stringify!($mark_key)),+];

        /// Every option.
        pub const JOB_OPTIONS: &[JobOption] = &[
            $(JobOption { key: stringify!($class_key), allowed_in: Call::Register, draft_key: None, columns: &[] },)+
            $(JobOption {
                key: stringify!($key),
                allowed_in: Call::Both,
                draft_key: Some(stringify!($draft_key)),
                columns: &[$(stringify!($column)),*],
            },)+
            $(JobOption {
                key: stringify!($own_key),
                allowed_in: Call::Enqueue,
                draft_key: Some(stringify!($own_key)),
                columns: &[$(stringify!($own_column)),*],
            },)+
            $(JobOption { key: stringify!($mark_key), allowed_in: Call::Enqueue, draft_key: None, columns: &[] },)+
        ];
    };
}

job_options! {
    // Read by `Registration::from_json`.
    register {
        /// The name of the class, 1 to 127 characters; required.
        name,
        /// The file that exports the class. Without one, its jobs run on the main thread.
        filename,
        /// Up to 64 other names under which its jobs may be stored.
        aliases,
        /// `main`, `thread` or `process`; the latter two need a filename.
        isolation,
        /// `true`, or how the transaction begins, see [`super::Transaction`].
        transaction,
        /// Whether the lines of `ctx.log` are stored with each attempt; the default is that of the queue.
        store_logs,
        /// Whether the CPU time and the heap of each attempt are measured; the default is that of the queue.
        measure,
    }

    // key: type = default, read(given, that of the class), to JSON => key in a draft [columns]
    both {
        /// 1 to 127 characters.
        queue: String = "default".to_owned(), |it, _| Ok(it.as_text(1..=127)?.to_owned()), |it| json!(it) => queue [queue];
        /// 0 (first) to 9.
        priority: i32 = 0, |it, _| integer(it, 0..=9), |it| json!(it) => priority [priority];
        /// A positive integer of up to nine digits.
        max_attempts: i32 = 20, |it, _| integer(it, 1..=999_999_999), |it| json!(it) => max_attempts [max_attempts];
        /// Up to 64 texts of 1 to 255 characters.
        tags: Vec<String> = vec![], |it, _| it.texts("a list of texts", 64, 1..=255), |it| json!(it) => tags [tags];
        /// An object.
        meta: Map<String, Value> = Map::new(), |it, _| it.object().cloned(), |it| json!(it) => meta [meta];
        /// See [`crate::model::unique`]; `false` removes the class's.
        unique: Option<Unique> = None, |it, class| Unique::read(it, class.as_ref()), |it| json!(it.as_ref().map(Unique::to_json))
            => unique [unique_key, unique_states, unique_at];
        /// Milliseconds, or a duration; `false` removes the class's.
        timeout: Option<Duration> = None, |it, _| unless_false(it, timeout), |it| json!(it.map(milliseconds)) => timeout [timeout];
        /// See [`crate::model::backoff`]. `None`: the class's backoff at the time of the failure,
        /// or the default.
        backoff: Option<Backoff> = None, |it, _| Backoff::read(it).map(Some), |it| it.unwrap_or_default().to_json()
            => backoff [backoff];
        /// `pinned` or `min`; `false` removes the class's.
        version: Option<VersionRule> = None, |it, _| unless_false(it, |it| it.word(&VersionRule::WORDS)),
            |it| json!(it.map(VersionRule::as_str)) => version_rule [version_rule];
    }

    // Read by `When::read`.
    enqueue {
        /// Seconds, or a duration. Stays relative: the database adds it to its own clock.
        schedule_in => [scheduled_at];
        /// RFC 3339 with an offset; excludes `schedule_in`.
        scheduled_at => [scheduled_at];
        /// `suspended`. Without it: `scheduled` with a due time, else `available`.
        state => [state];
        /// `false`: wakes no queue, the job is found by polling.
        notify => [];
    }

    // Written into `meta` by `Registration::draft`.
    marks {
        /// Whether the first attempt is profiled.
        profile,
    }
}

fn read_one<T: Clone>(given: Option<Reader<'_>>, base: &T, read: impl Fn(&Reader<'_>, &T) -> Result<T>) -> Result<T> {
    given.map_or_else(|| Ok(base.clone()), |given| read(&given, base))
}

fn write_one<T>(value: &T, json: impl Fn(&T) -> Value) -> Value {
    json(value)
}

fn integer(it: &Reader<'_>, range: RangeInclusive<i64>) -> Result<i32> {
    let value = it.as_integer(range)?;
    i32::try_from(value).map_err(|_| it.expected("an integer within the range of its type"))
}

fn unless_false<T>(it: &Reader<'_>, read: impl Fn(&Reader<'_>) -> Result<T>) -> Result<Option<T>> {
    if it.is_false() { Ok(None) } else { read(it).map(Some) }
}

fn timeout(it: &Reader<'_>) -> Result<Duration> {
    it.as_duration(Unit::Milliseconds, MIN_TIMEOUT..=MAX_TIMEOUT)
}

fn milliseconds(timeout: Duration) -> Value {
    Unit::Milliseconds.number(timeout)
}

/// Which nodes may run a job, depending on the version of the application that enqueued it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VersionRule {
    /// Only nodes of the same version.
    Pinned,
    /// Nodes of the same or a later version.
    Min,
}

impl VersionRule {
    const WORDS: [(&'static str, Self); 2] = [("pinned", Self::Pinned), ("min", Self::Min)];

    pub fn named(name: &str) -> Option<Self> {
        Self::WORDS.iter().find(|(word, _)| *word == name).map(|(_, rule)| *rule)
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pinned => "pinned",
            Self::Min => "min",
        }
    }
}

pub(super) const MIN_TIMEOUT: Duration = Duration::from_millis(1);
/// The longest timeout that a draft may have: nine digits of milliseconds, more than eleven days.
pub(super) const MAX_TIMEOUT: Duration = Duration::from_millis(999_999_999);
