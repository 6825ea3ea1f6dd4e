//! All statements of the engine, read from `sql/` at compile time and qualified with the schema at start.

use std::fmt;
use std::ops::Deref;

use super::quote_ident;

/// A statement: the name of its file, and its text.
pub struct Statement {
    pub name: &'static str,
    text: String,
}

impl Statement {
    /// The same with one part of its text replaced.
    pub fn replaced(&self, part: &str, by: &str) -> Self {
        Self { name: self.name, text: self.text.replace(part, by) }
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Deref for Statement {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

macro_rules! statements {
    ($($name:ident),* $(,)?) => {
        pub struct Statements { $(pub $name: Statement),* }

        impl Statements {
            pub fn new(prefix: &str) -> Self {
                Self {
                    $($name: Statement {
                        name: stringify!($name),
                        text: qualify(include_str!(concat!("sql/", stringify!($name), ".sql")), prefix),
                    }),*
                }
            }

            /// The text of the statement of that name.
            pub fn text_of(&self, name: &str) -> Option<&str> {
                [$(&self.$name),*].into_iter().find(|it| it.name == name).map(|it| &**it)
            }
        }
    };
}

statements! {
    ack_jobs,
    attention,
    backlog,
    begin_sleep,
    bring_back_cron,
    end_sleep,
    fall_asleep,
    heartbeat,
    cluster_boot,
    cancel_jobs,
    cancel_requested,
    check_watched,
    next_job_ids,
    claim_jobs,
    claim_lease,
    claimable_jobs,
    clear_environment,
    complete_jobs,
    count_jobs,
    count_search,
    cron_runs,
    delete_cron,
    delete_jobs,
    delete_metrics,
    delete_producers,
    discard_exhausted,
    due_jobs,
    exhausted_jobs,
    failed_attempts,
    job_states,
    release_lease,
    sync_crons,
    fetch_jobs,
    find_blocker,
    find_claims,
    find_environment,
    find_horizon,
    find_jobs,
    find_lease,
    find_profile,
    find_unique_conflict,
    unlocked_jobs,
    has_waiting,
    insert_audit,
    insert_boot,
    insert_command,
    insert_gauges,
    insert_jobs,
    insert_metrics,
    insert_producers,
    insert_tick,
    is_needed,
    job_attempts,
    known_names,
    known_queues,
    last_job,
    latest_gauges,
    list_audit,
    list_jobs,
    live_marks,
    list_producers,
    load_crons,
    load_queues,
    metrics_between,
    name_jobs,
    newest_metrics,
    next_due,
    notify,
    orphan_jobs,
    now,
    pause_cron,
    profile_next,
    prunable_jobs,
    prune_audit,
    prune_chosen,
    prune_jobs,
    prune_messages,
    purge_jobs,
    purgeable_jobs,
    queue_settings,
    read_commands,
    read_messages,
    reclaim_jobs,
    rescue_jobs,
    roll_up_metrics,
    reset_queues,
    retry_jobs,
    rouse,
    rouse_sleepers,
    run_cron,
    sample_jobs,
    save_cron,
    save_queues,
    search_ids,
    search_jobs,
    search_oldest,
    send_message,
    serving_nodes,
    set_environment,
    skip_ticks,
    sleep_queue,
    snapshot,
    stage_jobs,
    stale_metrics,
    stamp_environment,
    survey_queue,
    table_pages,
    table_statistics,
    touch_crons,
    unattended_queues,
    unhandled_jobs,
    unknown_claims,
    update_cron,
    update_jobs,
    upsert_workers,
    testing_claim,
    testing_find,
    testing_reset,
    testing_set_clock,
    testing_settle,
    testing_stage,
    testing_time,
    wake_queue,
    wake_queues,
    why_job,
    write_profile,
    write_progress,
}

/// The choice of jobs that the statements of [`super::control`] share.
const FILTER: &str = include_str!("sql/filter.sql");

/// Puts the schema before every name that starts with `eram_`, and leaves out comment lines.
pub fn qualify(sql: &str, prefix: &str) -> String {
    let schema = quote_ident(prefix);
    let sql = &sql.replace("true /* filter */", FILTER);
    let mut out = String::with_capacity(sql.len() + 64);
    for line in sql.lines().filter(|line| !line.trim_start().starts_with("--")) {
        let mut rest = line;
        let mut before = ' ';
        while let Some(at) = rest.find("eram_") {
            let head = &rest[..at];
            out.push_str(head);
            before = head.chars().last().unwrap_or(before);
            if !(before.is_alphanumeric() || matches!(before, '_' | '.' | '"' | '\'')) {
                out.push_str(&schema);
                out.push('.');
            }
            out.push_str("eram_");
            rest = &rest[at + 5..];
            before = '_';
        }
        out.push_str(rest);
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::qualify;

    #[test]
    fn names_are_qualified_and_strings_left_alone() {
        for (from, to) in [
            ("FROM eram_jobs AS j", "FROM \"a\".eram_jobs AS j\n"),
            ("x::eram_job_state, eram_channel('eram_x')", "x::\"a\".eram_job_state, \"a\".eram_channel('eram_x')\n"),
            ("\"b\".eram_jobs my_eram_jobs", "\"b\".eram_jobs my_eram_jobs\n"),
            ("  -- eram_jobs", ""),
        ] {
            assert_eq!(qualify(from, "a"), to);
        }
    }
}
