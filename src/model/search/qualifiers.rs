//! What a search can ask for. A qualifier is a line of this table: the parser, its messages, the
//! completion and the reference follow from it.

use serde::Serialize;

/// What a qualifier is about, and so how its values are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    State,
    Queue,
    Worker,
    Node,
    Cron,
    Tag,
    Id,
    Priority,
    Attempt,
    MaxAttempts,
    Args,
    Meta,
    Has,
    Error,
    Fingerprint,
    Inserted,
    Scheduled,
    Attempted,
    Finished,
    Duration,
    Wait,
    Is,
}

/// A word that may stand before a colon.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Qualifier {
    pub name: &'static str,
    #[serde(skip)]
    pub field: Field,
    /// A phrase, for the help.
    pub meaning: &'static str,
    pub example: &'static str,
}

const fn line(name: &'static str, field: Field, meaning: &'static str, example: &'static str) -> Qualifier {
    Qualifier { name, field, meaning, example }
}

pub const QUALIFIERS: [Qualifier; 22] = [
    line("state", Field::State, "in one of these states; `live` and `final` are groups", "state:retryable,discarded"),
    line("queue", Field::Queue, "in this queue; `*` at the end stands for any ending", "queue:emails"),
    line("worker", Field::Worker, "of this job class; `~` for a part of the name", "worker:EmailUserJob"),
    line("node", Field::Node, "last claimed by this node", "node:web-1"),
    line("cron", Field::Cron, "enqueued by this cron entry", "cron:nightly"),
    line("tag", Field::Tag, "with this tag", "tag:vip"),
    line("id", Field::Id, "with this id, or in this range", "id:40..60"),
    line("priority", Field::Priority, "with this priority", "priority:<3"),
    line("attempt", Field::Attempt, "in this attempt", "attempt:>3"),
    line("max_attempts", Field::MaxAttempts, "with so many attempts at most", "max_attempts:1"),
    line("args", Field::Args, "whose args have this value at a path, or in the array there", "args.user_id:1"),
    line("meta", Field::Meta, "whose meta have this value at a path", "meta.tenant:acme"),
    line("has", Field::Has, "whose args or meta have this path", "has:args.email"),
    line("error", Field::Error, "whose last error contains this", "error:~timeout"),
    line("fingerprint", Field::Fingerprint, "that fail like these, see jobs.failures", "fingerprint:9f86d081884c7d65"),
    line("inserted", Field::Inserted, "enqueued at this time", "inserted:>-1h"),
    line("scheduled", Field::Scheduled, "due at this time", "scheduled:<now"),
    line("attempted", Field::Attempted, "last claimed at this time", "attempted:today"),
    line("finished", Field::Finished, "completed, cancelled or discarded at this time", "finished:2026-11-20"),
    line("duration", Field::Duration, "whose last attempt ran so long", "duration:>30s"),
    line("wait", Field::Wait, "whose last attempt began so long after the job was due", "wait:>5m"),
    line("is", Field::Is, "with this property", "is:orphaned"),
];

impl Qualifier {
    pub fn named(name: &str) -> Option<&'static Self> {
        QUALIFIERS.iter().find(|it| it.name == name)
    }
}

impl Field {
    /// The name of its qualifier.
    pub fn name(self) -> &'static str {
        QUALIFIERS.iter().find(|it| it.field == self).map_or("", |it| it.name)
    }
}
