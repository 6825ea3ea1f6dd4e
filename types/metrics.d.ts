// Metrics of one process.
import type { DrainResult } from './queue.js'

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
   * null without values.
   * @throws RangeError if `q` is not a number from 0 to 1
   */
  quantile(q: number): number | null
  /** The number of durations up to `ms`, to 1/64 of it. */
  countUpTo(ms: number): number
  toJSON(): { count: number; sum_ms: number; max_ms: number; p50_ms: number | null; p95_ms: number | null; p99_ms: number | null }
}
