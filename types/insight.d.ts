// What explains jobs and the cluster: why a job waits, what needs attention, how many jobs there are.
import type { Duration, JobState } from './values.js'

/** Why a job does not run, or how it runs, or how it ended: returned by {@link Jobs.why}. */
export interface JobWhy {
  id: number
  state: JobState
  queue: string
  /** Name of the job class. */
  worker: string
  /** When it was so, by the database's clock. */
  at: Date
  /**
   * The code of the first check that is not ok. Without one: `ready` (it should start soon), `running`,
   * or the final state.
   */
  code: JobCheckCode | 'ready' | 'running' | 'completed' | 'cancelled' | 'discarded'
  /** A sentence. */
  text: string
  /** What the job depends on, in the order in which it comes to matter. A check that means nothing yet is left out. */
  checks: JobCheck[]
}

/**
 * Something that a job depends on. Of a job that waits: `suspended`; `due`; `staged`, whether the leader
 * makes it available; `attempts`, whether one is left; `served`, whether a live node serves its queue;
 * `class`, whether one has the class; `version`; `paused`; `slots`, whether one is free; `refused` by the
 * database; `draining`, because the engine that was asked stops; the jobs `ahead` of it; and when it
 * is `expected` to start. Of one that runs: whether its `node` is alive, a `cancel` is requested, it
 * has exceeded its `timeout`, and its `progress`. Of one that has `ended`, how. Of any, how often it was `snoozed`.
 */
export type JobCheckCode =
  | 'suspended'
  | 'due'
  | 'staged'
  | 'attempts'
  | 'served'
  | 'class'
  | 'version'
  | 'paused'
  | 'slots'
  | 'refused'
  | 'draining'
  | 'ahead'
  | 'expected'
  | 'node'
  | 'cancel'
  | 'timeout'
  | 'progress'
  | 'ended'
  | 'snoozed'

/** A check of {@link JobWhy}. */
export interface JobCheck {
  code: JobCheckCode
  /** False: it keeps the job from running, or from ending well. */
  ok: boolean
  /** A sentence. */
  text: string
  /** The facts, by the code. Durations are in milliseconds; times are ISO texts. */
  data: { [fact: string]: any }
}

/** What needs attention, returned by {@link EramEngine.attention}. */
export interface Attention {
  /** When it was so, by the database's clock. */
  at: Date
  /** A sentence: `Nothing needs attention.`, or how many things do. */
  text: string
  /** Critical ones first; at most 100. */
  items: AttentionItem[]
  /** How many further ones there are. */
  more: number
}

/** Something that needs attention, see docs/guides/monitoring.md for the rules. */
export interface AttentionItem {
  rule:
    | 'queue_stalled'
    | 'queue_unserved'
    | 'queue_behind'
    | 'queue_paused'
    | 'worker_unknown'
    | 'version_unknown'
    | 'error_spike'
    | 'jobs_orphaned'
    | 'node_silent'
    | 'no_leader'
    | 'metrics_late'
    | 'versions_mixed'
    | 'cron_missed'
    | 'cron_invalid'
    | 'clock_skew'
    | 'jobs_refused'
    | 'node_duplicate'
    | 'slow_query'
    | 'xmin_horizon'
  severity: 'critical' | 'warning'
  /** What it is about. `engine`: the engines of a name. */
  subject: { kind: 'queue' | 'cron' | 'node' | 'worker' | 'engine' | 'cluster'; name: string }
  /** A sentence. */
  text: string
  /** Since when; null where that is not known. */
  since: Date | null
  /** The facts, by the rule. Durations are in milliseconds. */
  data: { [fact: string]: any }
  /** Where to look further. */
  links: AttentionLink[]
}

/** The search for the jobs of an {@link AttentionItem}, or what it names. */
export type AttentionLink =
  | { to: 'jobs'; search: string }
  | { to: 'failures'; worker: string }
  | { to: 'queue' | 'cron' | 'node'; name: string }

/** How many jobs there are, returned by {@link EramEngine.counts}. */
export interface JobCounts {
  /** When it was so, by the database's clock. */
  at: Date
  states: { [state in JobState]: JobCount }
  /** By name: the queues that nodes serve, that have settings, or in which jobs wait. */
  queues: QueueCounts[]
}

/** How many jobs are in a state. */
export interface JobCount {
  jobs: number
  /** False: an estimate, or a count that was stopped. */
  exact: boolean
  /** Present and true if counting stopped: there are more. */
  at_least?: boolean
}

/** How many jobs of a queue are in each of these states. */
export interface QueueCounts {
  queue: string
  /** As nodes have reported with their last heartbeats. */
  executing: number
  available: number
  scheduled: number
  retryable: number
  /** The states of which counting stopped: there may be more. */
  at_least: ('available' | 'scheduled' | 'retryable')[]
}

/** Options of {@link Jobs.failures}. */
export interface FailuresOptions {
  /** The time up to now, 1 min to 30 days. @default '24h' */
  window?: Duration | undefined
  queue?: string | undefined
  /** Name of a job class. */
  worker?: string | undefined
  /** At most so many groups, 1 to 500. @default 50 */
  limit?: number | undefined
}

/** Failed jobs by what their errors have in common, returned by {@link Jobs.failures}. */
export interface JobFailures {
  /** The time of the database. */
  at: Date
  /** When the window begins, and with it the first point of each group. */
  start: Date
  /** From when on failed attempts were looked at: the start of the window, if `complete`. */
  from: Date
  until: Date
  /** Of all groups. */
  jobs: number
  /** How many failed attempts were looked at. */
  scanned: number
  /** Whether these were all of the window. */
  complete: boolean
  /** Milliseconds that a point of a group covers. */
  step_ms: number
  /** The largest first. */
  groups: FailureGroup[]
  /** How many further groups there are. */
  more: number
}

/** Jobs that failed alike. */
export interface FailureGroup {
  /** Finds the jobs: a condition of {@link JobFilter}, and `fingerprint:` in a search. */
  fingerprint: string
  /** Name of the job class. */
  worker: string
  /** The first line of the message, with `<id>`, `<text>`, `<hex>` and `<n>` for what differs. */
  error: string
  jobs: number
  states: { [state in 'discarded' | 'retryable']?: number }
  queues: { [queue: string]: number }
  /** When the first of the jobs failed, of the last failure of each. */
  first_at: Date
  last_at: Date
  /** The job that failed last, and the first line of its error. */
  sample: { id: number; error: string | null }
  /** How many of the jobs failed in each of 24 parts of the window. */
  points: number[]
}

/** How a search may go on, returned by {@link Jobs.suggest}. */
export interface JobSuggestions {
  /** The part of the text that a suggestion replaces, in UTF-16 code units. */
  from: number
  to: number
  /** The best first, at most 20. */
  items: JobSuggestion[]
  /** The number of jobs that were looked at. */
  sampled: number
}

/** What may stand at the caret of a search. */
export interface JobSuggestion {
  /** Takes the place of the text from `from` to `to`. */
  value: string
  kind: 'key' | 'state' | 'flag' | 'queue' | 'worker' | 'node' | 'cron' | 'tag' | 'path' | 'value'
  /** A phrase about it, or an empty text. */
  text: string
  /** How many jobs have it: of the newest, but for states of all. Null where nothing is counted. */
  count: number | null
}
