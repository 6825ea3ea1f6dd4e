//! All statements of the engine, read from `sql/` at compile time and qualified with the schema at start.

use super::quote_ident;

macro_rules! statements {
    ($($name:ident),* $(,)?) => {
        pub struct Statements { $(pub $name: String),* }

        impl Statements {
            pub fn new(prefix: &str) -> Self {
                Self { $($name: qualify(include_str!(concat!("sql/", stringify!($name), ".sql")), prefix)),* }
            }
        }
    };
}

statements! {
    ack_jobs,
    backlog,
    heartbeat,
    cluster_boot,
    cancel_jobs,
    check_watched,
    next_job_ids,
    claim_lease,
    clear_environment,
    complete_jobs,
    count_jobs,
    delete_cron,
    delete_jobs,
    delete_metrics,
    delete_producers,
    discard_exhausted,
    ended_jobs,
    release_lease,
    sync_crons,
    fetch_jobs,
    find_claims,
    find_environment,
    find_job,
    find_lease,
    find_unique_conflict,
    unlocked_jobs,
    has_waiting,
    insert_boot,
    insert_gauges,
    insert_jobs,
    insert_metrics,
    insert_producers,
    insert_tick,
    job_attempts,
    known_queues,
    last_job,
    list_jobs,
    list_producers,
    load_crons,
    load_queues,
    next_due,
    notify,
    now,
    pause_cron,
    prune_jobs,
    purge_jobs,
    reclaim_jobs,
    rescue_jobs,
    reset_queues,
    retry_jobs,
    run_cron,
    save_cron,
    save_queues,
    serving_nodes,
    set_environment,
    skip_ticks,
    sleep_queue,
    stage_jobs,
    stamp_environment,
    table_pages,
    touch_crons,
    unattended_queues,
    unhandled_jobs,
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
