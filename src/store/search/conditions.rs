//! Conditions in SQL on a row `c` of `eram_jobs`. What was typed is in parameters, never in the
//! text.

use serde_json::Value;

use super::params::Params;
use crate::model::job::State;
use crate::model::schedule::Zone;
use crate::model::search::{Condition, Edge, Field, Flag, JsonTest, Moment, Span, Term, TextTest};
use crate::store::Param;

const FINISHED: &str = "coalesce(c.completed_at, c.cancelled_at, c.discarded_at)";

pub struct Conditions {
    /// The conditions, joined with AND.
    pub sql: String,
    params: Params,
}

impl Conditions {
    pub fn of(terms: &[Term], zone: Zone) -> Self {
        let mut writer = Writer { params: Params::default(), zone };
        let terms: Vec<String> = terms.iter().map(|term| writer.term(term)).collect();
        let sql = if terms.is_empty() { "true".to_owned() } else { terms.join(" AND ") };
        Self { sql, params: writer.params }
    }

    pub fn params(&self) -> impl Iterator<Item = Param<'_>> {
        self.params.all()
    }
}

struct Writer {
    params: Params,
    zone: Zone,
}

/// Alternatives.
fn any(of: impl IntoIterator<Item = String>) -> String {
    let all: Vec<String> = of.into_iter().collect();
    format!("({})", all.join(" OR "))
}

impl Writer {
    fn term(&mut self, term: &Term) -> String {
        let condition = self.condition(&term.condition);
        // Null, as of a job that was not attempted, meets no condition and all negations.
        if term.is_negated { format!("{condition} IS NOT TRUE") } else { condition }
    }

    fn condition(&mut self, condition: &Condition) -> String {
        match condition {
            Condition::States(states) => states_in(states),
            Condition::Text(field, tests) => any(tests.iter().map(|test| self.text(text_of(*field), test))),
            Condition::Tags(tags) => format!("(c.tags OPERATOR(pg_catalog.&&) {})", self.params.texts(tags.clone())),
            Condition::Fingerprints(all) => format!(
                "(c.state OPERATOR(pg_catalog.=) ANY ('{{retryable,discarded}}'::eram_job_state[]) AND eram_fingerprint(c.worker, eram_failure_line(c.errors[pg_catalog.cardinality(c.errors)]->>'message'::text)) = ANY ({}))",
                self.params.texts(all.clone())
            ),
            Condition::Number(field @ (Field::Duration | Field::Wait), spans) => {
                let micros = |writer: &mut Self, value: &i64| {
                    format!("{}::double precision * interval '1 microsecond'", writer.params.integer(*value))
                };
                any(spans.iter().map(|span| self.span(&length_of(*field), span, micros)))
            }
            Condition::Number(field, spans) => {
                let integer = |writer: &mut Self, value: &i64| writer.params.integer(*value);
                any(spans.iter().map(|span| self.span(&format!("c.{}", field.name()), span, integer)))
            }
            Condition::Json(field, path, tests) => {
                any(tests.iter().map(|test| self.json(&format!("c.{}", field.name()), path, test)))
            }
            Condition::Has(paths) => any(paths.iter().filter_map(|path| {
                let (document, path) = path.split_first()?;
                Some(format!("(c.{document} #> {}) IS NOT NULL", self.params.texts(path.to_vec())))
            })),
            Condition::Time(field, spans) => {
                any(spans.iter().map(|span| self.span(time_of(*field), span, Self::moment)))
            }
            Condition::Flags(flags) => any(flags.iter().map(|flag| flag_sql(*flag).to_owned())),
        }
    }

    fn text(&mut self, value: &str, test: &TextTest) -> String {
        match test {
            TextTest::Is(wanted) => format!("{value} = {}", self.params.text(wanted)),
            TextTest::StartsWith(wanted) => format!("pg_catalog.starts_with({value}, {})", self.params.text(wanted)),
            TextTest::Contains(wanted) => format!(
                "pg_catalog.strpos(pg_catalog.lower({value}), pg_catalog.lower({})) > 0",
                self.params.text(wanted)
            ),
        }
    }

    fn json(&mut self, document: &str, path: &[String], test: &JsonTest) -> String {
        match test {
            JsonTest::Is(scalar) => {
                // As texts, because serde_json would round long numbers.
                let nest = |inner: &str| {
                    path.iter()
                        .rev()
                        .fold(inner.to_owned(), |inner, key| format!("{{{}:{inner}}}", Value::from(&**key)))
                };
                let [alone, in_array] = [nest(scalar), nest(&format!("[{scalar}]"))].map(|it| self.params.jsonb(&it));
                format!("({document} @> {alone} OR {document} @> {in_array})")
            }
            JsonTest::Contains(wanted) => {
                let (path, wanted) = (self.params.texts(path.to_vec()), self.params.text(wanted));
                format!(
                    "(pg_catalog.jsonb_typeof({document} #> {path}) = 'string' AND pg_catalog.strpos(pg_catalog.lower({document} #>> {path}), pg_catalog.lower({wanted})) > 0)"
                )
            }
            JsonTest::Between(span) => {
                let path = self.params.texts(path.to_vec());
                // CASE, so that only numbers are read as such.
                let numeric = |writer: &mut Self, value: &String| writer.params.numeric(value);
                let within = self.span(&format!("({document} #>> {path})::numeric"), span, numeric);
                format!("(CASE WHEN pg_catalog.jsonb_typeof({document} #> {path}) = 'number' THEN {within} END)")
            }
        }
    }

    fn moment(&mut self, moment: &Moment) -> String {
        let zone = self.zone.name();
        match moment {
            Moment::FromNow(micros) => {
                format!("now() + {}::double precision * interval '1 microsecond'", self.params.integer(*micros))
            }
            Moment::At(micros) => self.params.instant(*micros),
            Moment::Local(text) => {
                let (text, zone) = (self.params.text(text), self.params.text(zone));
                format!("({text}::text::timestamp AT TIME ZONE {zone}::text)")
            }
            Moment::Day(days) => {
                let (days, zone) = (self.params.integer(i64::from(*days)), self.params.text(zone));
                format!(
                    "((pg_catalog.date_trunc('day', now() AT TIME ZONE {zone}::text) + {days}::double precision * interval '1 day') AT TIME ZONE {zone}::text)"
                )
            }
        }
    }

    fn span<T>(&mut self, value: &str, span: &Span<T>, mut write: impl FnMut(&mut Self, &T) -> String) -> String {
        let mut side = |edge: &Option<Edge<T>>, strict: &str| {
            let edge = edge.as_ref()?;
            let or_equal = if edge.is_included { "=" } else { "" };
            Some(format!("{value} {strict}{or_equal} {}", write(self, &edge.value)))
        };
        let sides: Vec<String> = [side(&span.from, ">"), side(&span.until, "<")].into_iter().flatten().collect();
        format!("({})", sides.join(" AND "))
    }
}

/// The states as literals, and what lets the partial indexes of waiting jobs serve them.
fn states_in(states: &[State]) -> String {
    let names: Vec<String> = states.iter().map(ToString::to_string).collect();
    let state = format!("c.state OPERATOR(pg_catalog.=) ANY ('{{{}}}'::eram_job_state[])", names.join(","));
    if states.iter().all(|it| it.is_waiting()) { format!("(c.stage = 2 AND {state})") } else { format!("({state})") }
}

const fn text_of(field: Field) -> &'static str {
    match field {
        Field::Queue => "c.queue",
        Field::Node => "c.attempted_by[1]",
        Field::Cron => "(c.meta->>'cron_name'::text)",
        Field::Error => "(c.errors[pg_catalog.array_upper(c.errors, 1)]->>'message'::text)",
        _ => "c.worker",
    }
}

const fn time_of(field: Field) -> &'static str {
    match field {
        Field::Scheduled => "c.scheduled_at",
        Field::Attempted => "c.attempted_at",
        Field::Finished => FINISHED,
        _ => "c.inserted_at",
    }
}

fn length_of(field: Field) -> String {
    match field {
        Field::Wait => difference("c.attempted_at", "c.scheduled_at"),
        _ => difference(
            &format!("coalesce({FINISHED}, CASE c.state::text WHEN 'executing' THEN now() END)"),
            "c.attempted_at",
        ),
    }
}

/// Null where one of the times is infinite, which cannot be subtracted.
fn difference(end: &str, start: &str) -> String {
    format!("(CASE WHEN isfinite({end}) AND isfinite({start}) THEN {end} - {start} END)")
}

const fn flag_sql(flag: Flag) -> &'static str {
    match flag {
        Flag::Orphaned => {
            "(c.state OPERATOR(pg_catalog.=) 'executing' AND NOT EXISTS (SELECT FROM eram_producers AS p WHERE p.uuid::text = c.attempted_by[2]))"
        }
        Flag::Rescued => "c.meta ? 'rescued'::text",
        Flag::Crashed => "c.crashes > 0",
        Flag::Snoozed => "c.meta ? 'snoozed'::text",
        Flag::Retried => "c.attempt > 1",
        Flag::LastAttempt => {
            "(c.attempt >= c.max_attempts AND c.state OPERATOR(pg_catalog.<>) ALL ('{completed,discarded,cancelled}'::eram_job_state[]))"
        }
        Flag::Cancelling => "(c.state OPERATOR(pg_catalog.=) 'executing' AND c.cancel_requested_at IS NOT NULL)",
        Flag::Unique => "c.unique_key IS NOT NULL",
        Flag::Cron => "c.meta ? 'cron_name'::text",
    }
}
