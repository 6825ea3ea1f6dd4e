// The event `warning`.
import type { RefusedJob } from './status.js'

/**
 * A problem with the cluster or, with `resolved`, the end of one. Emitted once, and again each
 * hour while the problem lasts; also written to the log.
 *
 * - `clock_skew`: the clocks of node and database are more than 5 s apart.
 * - `jobs_refused`: the database refuses to change the rows of some jobs, see `job:refused`. The
 *   subject is the part of the engine, `jobs` how many are set aside, `ids` the first of them.
 * - `node_duplicate`: two running engines of one name have had the same node name for 40 s.
 * - `queue_stalled`: jobs are waiting and capacity is free, but none has been fetched for a
 *   minute.
 * - `queue_unattended`: a job has been available for a minute but no running node serves its
 *   queue.
 * - `slow_query`: statements took longer than `slow_query`; emitted each minute while they do. `ms` is
 *   the longest, `count` how many since the last report. `hint`: the statement waits for a `lock`, or
 *   for none, which leaves its `plan` or the load; where `statement` is `pool`, calls waited for a
 *   connection of the `pool`; null where the cause is unknown.
 * - `xmin_horizon`: for five minutes, `holder` has kept the server from removing dead rows of jobs, of
 *   which there are 10,000 or more (`dead`). `name` is that of the holder, of a session its pid;
 *   `transactions` is how many began since, `query_seconds` how long ago its last statement began. The
 *   server shows state and times of other roles' sessions only to members of `pg_read_all_stats`; for
 *   others they are null, and `seconds` counts from when the leader first saw the holder.
 */
export type WarningEvent = { event: 'warning'; subject: string; resolved: boolean; message: string } & (
  | { warning: 'clock_skew'; skew_ms?: number }
  | {
      warning: 'jobs_refused'
      part?: RefusedJob['part']
      jobs?: number
      ids?: number[]
      sqlstate?: string | null
      constraint?: string | null
    }
  | { warning: 'node_duplicate'; node?: string }
  | { warning: 'queue_stalled'; queue?: string; seconds?: number }
  | { warning: 'queue_unattended'; queue?: string; jobs?: number; seconds?: number }
  | { warning: 'slow_query'; statement?: string; ms?: number; count?: number; hint?: 'lock' | 'plan' | 'pool' | null }
  | {
      warning: 'xmin_horizon'
      holder?: 'session' | 'prepared transaction' | 'standby' | 'replication slot'
      pid?: number | null
      name?: string
      application_name?: string | null
      state?: string | null
      seconds?: number
      query_seconds?: number | null
      transactions?: number
      dead?: number
    }
)
