// Metrics of one process, and those of the cluster by time.
import type { DrainResult } from './queue.js'
import type { Duration } from './values.js'

/** What a process has counted since its engine started, returned by {@link EramEngine.metrics}. */
export interface EngineMetrics {
  /** When this was read, by the clock of this machine, like `since`. */
  at: Date
  /** When counting began. */
  since: Date
  /** Name of the engine. */
  name: string
  node: string
  series: MetricSeries[]
  /** The queues that run on this node. */
  queues: QueueMetrics[]
  engine: EngineWork
}

/**
 * What was counted of a queue and a job class; attempts, by result, after their ack was committed.
 * Beyond `max_series` pairs, further classes count under the `worker` `''` of their queue, and further
 * queues under the `queue` `''`.
 */
export interface MetricSeries extends DrainResult {
  queue: string
  worker: string
  /** Attempts that ended after their claim was lost. */
  lost: number
  /** Jobs of lost nodes that this node rescued. */
  rescued: number
  /**
   * Jobs that this process inserted. A job of your own transaction counts when it was inserted, also
   * if the transaction is rolled back later.
   */
  enqueued: number
  /** How long successful attempts ran, from dispatch to outcome. */
  run: Histogram
  /** How long other attempts ran. */
  failed: Histogram
  /** Attempts whose CPU time was measured, with `measure: true`. */
  measured: number
  /** The CPU time of those, in microseconds. */
  cpu_us: number
  /** How long jobs had been due before they were claimed, by the database's clock. */
  wait: Histogram
}

/** A queue on this node. */
export interface QueueMetrics {
  queue: string
  limit: number
  /** Number of jobs that are running. */
  running: number
  /** Number of claimed jobs that have not begun. */
  claimed: number
  /** Number of jobs that were given up and have not settled. */
  stuck: number
  paused: boolean
  /** How long the threads of the queue take to answer the engine; long when jobs block them. */
  thread_lag: Histogram
}

/** The work and the state of an engine. */
export interface EngineWork {
  /** Number of outcomes that have not been written yet. */
  unwritten: number
  /** Number of connections to the database. */
  connections: number
  /** Whether notifications arrive. */
  listening: boolean
  leading: boolean
  /** Fetches that returned jobs. */
  fetches: number
  empty_fetches: number
  /** How long fetches took. */
  fetch: Histogram
  /** How long statements took that wrote batches of acks. */
  ack: Histogram
  /** How long statements took that inserted jobs; those in a transaction of your own are not measured. */
  insert: Histogram
  /** Statements that took longer than `slow_query`, and waits for a connection that did. */
  slow_statements: number
  /** Events that were dropped because the main thread did not take them. */
  events_dropped: number
  /** Job threads and processes that ended by themselves. */
  thread_exits: number
  /** Milliseconds since the last heartbeat that was answered; null before the first. */
  heartbeat_age_ms: number | null
  /** Resident memory of this process. */
  rss_bytes: number
  /** CPU time of this process, user and system. */
  cpu_ms: number
}

/**
 * Durations in buckets, 32 for each power of two, as
 * [HdrHistogram](https://hdrhistogram.github.io/HdrHistogram/) makes them: a quantile is within 1/64
 * of the exact one.
 */
export interface Histogram {
  readonly count: number
  /** The exact sum in milliseconds. */
  readonly sum_ms: number
  /** The exact maximum in milliseconds; 0 without values. */
  readonly max_ms: number
  /**
   * The duration in milliseconds that the share `q` of all durations does not exceed (nearest rank);
   * null without values, and below 1 without buckets.
   * @throws RangeError if `q` is not a number from 0 to 1
   */
  quantile(q: number): number | null
  /** The number of durations up to `ms`, to 1/64 of it. */
  countUpTo(ms: number): number
  toJSON(): { count: number; sum_ms: number; max_ms: number; p50_ms: number | null; p95_ms: number | null; p99_ms: number | null }
}

/** What {@link EramEngine.history} shows. */
export interface HistoryQuery {
  /**
   * - `executed`: attempts that ended, but for those that were handed back; `failed`: those that
   *   threw or timed out, to be retried or not;
   * - `enqueued`: jobs that were inserted;
   * - `run`: how long attempts ran; `wait`: how long jobs had been due before they were claimed;
   * - `backlog`: jobs that are available; by `state` also those that are scheduled, retryable or
   *   executing; counted up to 10,000 in each queue;
   * - `oldest`: how long the oldest available job has waited.
   */
  metric: 'executed' | 'failed' | 'enqueued' | 'run' | 'wait' | 'backlog' | 'oldest'
  /**
   * What has a series each. `state` divides attempts by result, `run` into `success` and `failed`,
   * and a backlog by state. Only counts are kept by `node` for longer than two hours. Default: none,
   * one series.
   */
  group?: 'state' | 'queue' | 'worker' | 'node' | null | undefined
  /**
   * What each point shows. Counts: `sum` (default) or `rate`, a second. Durations, in milliseconds:
   * `p95` (default), `p50`, `p75`, `p99`, `mean`, `max` or `sum`. A backlog: `sum` (default), the jobs
   * at the end of the point, or `max`, the greatest number within it. `oldest`: `max`.
   */
  agg?: 'sum' | 'rate' | 'mean' | 'max' | 'p50' | 'p75' | 'p95' | 'p99' | undefined
  /**
   * The time up to now, or between two times: at most 30 days. A number is milliseconds.
   * @default '1h'
   */
  window?: Duration | { from: Date | string; until: Date | string } | undefined
  /**
   * Seconds that a point covers. `auto`: 10 up to an hour, 60 up to a day, else 3600; the next one if
   * rows of that step are not kept any more. A series has at most 1440 points.
   * @default 'auto'
   */
  step?: 'auto' | 10 | 60 | 3600 | undefined
  filter?: HistoryFilter | undefined
  /** The number of series, those with the greatest sums, 0 to 1000; `other` adds up the rest. @default 9 */
  top?: number | undefined
}

/** Only what belongs to this queue, job class and node. A backlog and `oldest` take a queue only. */
export interface HistoryFilter {
  queue?: string | undefined
  worker?: string | undefined
  node?: string | undefined
}

/** A chart of the cluster, returned by {@link EramEngine.history}. */
export interface History {
  /** When the first point begins, by the database's clock. */
  t0: Date
  /** Seconds that each point covers. */
  step: number
  series: HistorySeries[]
  /** The points of all series beyond `top`; null if there are none. */
  other: (number | null)[] | null
  /** Milliseconds since the end of the newest row; more than some seconds means that rows are late. Null: there is none. */
  late_ms: number | null
  /** Rows that were left out, because another version of EramJS has written them. */
  skipped: number
  /** Whether this engine has `metrics: false`, and no other engine has written rows. */
  disabled: boolean
}

export interface HistorySeries {
  /** What the series is grouped by, or the name of the metric. `''`: those beyond `max_series`. */
  key: string
  /** Null where nothing was measured, 0 where nothing happened; durations are null then, too. */
  points: (number | null)[]
  /** The same of all points together; of a backlog, the last. */
  total: number | null
}

/** Options of {@link EramEngine.prometheus}. */
export interface PrometheusOptions {
  /** `'text'` is the text format 0.0.4, `'openmetrics'` OpenMetrics 1.0. @default 'text' */
  format?: 'text' | 'openmetrics' | undefined
  labels?: PrometheusLabels | undefined
  /** Whether to show how many jobs wait in the cluster, which reads a row every 5 s at most. @default true */
  cluster?: boolean | undefined
  /** Names of further engines of this process, to have in one text. @default none */
  engines?: string | string[] | undefined
}

/** By what counters and histograms are told apart; values are summed up over the other labels. */
export interface PrometheusLabels {
  /** @default ['queue', 'worker'] */
  counters?: ('queue' | 'worker')[] | undefined
  /** Each queue has up to 60 lines; with `'worker'`, each job class has. @default ['queue'] */
  histograms?: ('queue' | 'worker')[] | undefined
}
