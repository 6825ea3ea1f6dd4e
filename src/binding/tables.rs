//! The lists of the engine as JSON, of which `scripts/setup/tables.js` makes the files in `lib/` that need them. Tests compare the
//! other places that repeat a list.

use napi_derive::napi;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::{ENGINE_CODES, ErrorCode, JAVASCRIPT_CODES};
use crate::model::config::CLUSTER_EVENTS;
use crate::model::draft::{DRAFT_MEMBERS, JOB_OPTIONS, JobOption, JobOptions};
use crate::model::job::State;
use crate::model::search::{QUALIFIERS, Qualifier};
use crate::queue::executor::{COLUMNS, ColumnInfo};
use crate::telemetry::{ENGINE_EVENTS, Event, ISOLATE_EVENTS, JAVASCRIPT_EVENTS, Warning};

/// Every list.
#[derive(Serialize)]
pub struct Tables {
    events: Events,
    warnings: Vec<&'static str>,
    job_options: &'static [JobOption],
    /// The defaults of the options that a class and a job share.
    job_defaults: Map<String, Value>,
    draft_members: [&'static str; 3],
    row_columns: &'static [ColumnInfo],
    states: Vec<&'static str>,
    search_qualifiers: [Qualifier; QUALIFIERS.len()],
    error_codes: ErrorCodes,
}

/// The events, by who emits them.
#[derive(Serialize)]
struct Events {
    engine: &'static [Event],
    isolates: &'static [Event],
    javascript: &'static [Event],
    /// Names of those that nodes report to each other.
    cluster: &'static [&'static str],
}

/// The error codes, by who raises them.
#[derive(Serialize)]
struct ErrorCodes {
    engine: &'static [ErrorCode],
    javascript: &'static [ErrorCode],
}

/// The lists of events, job options, row columns, states, qualifiers of searches and error codes, as JSON; for the build and for tests.
#[napi(catch_unwind)]
pub fn tables() -> String {
    let tables = Tables {
        events: Events {
            engine: ENGINE_EVENTS,
            isolates: ISOLATE_EVENTS,
            javascript: JAVASCRIPT_EVENTS,
            cluster: &CLUSTER_EVENTS,
        },
        warnings: Warning::ALL.map(Warning::as_str).to_vec(),
        job_options: JOB_OPTIONS,
        job_defaults: JobOptions::default().to_json(),
        draft_members: DRAFT_MEMBERS,
        row_columns: COLUMNS,
        states: State::ALL.map(State::as_str).to_vec(),
        search_qualifiers: QUALIFIERS,
        error_codes: ErrorCodes { engine: ENGINE_CODES, javascript: JAVASCRIPT_CODES },
    };
    serde_json::to_string(&tables).expect("tables hold only texts, numbers and lists of them")
}
