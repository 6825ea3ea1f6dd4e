// The state of an engine and of the cluster.
import type { QueueStatus } from './queue.js'

/** The state of an engine, returned by {@link EramEngine.status}. */
export interface EngineStatus {
  name: string
  node: string
  prefix: string
  version: string | null
  /** As passed to `start()`. */
  environment: string | null
  /** Why the engine runs no queue, or null; see {@link EramEngine.queues_disabled}. */
  queues_disabled: string | null
  /** Whether notifications arrive; if not, queues are polled. */
  listening: boolean
  /** Number of connections to the database. */
  connections: number
  /** Whether this engine leads; see {@link EramEngine.leader}. */
  leading: boolean
  /** Whether it sleeps: it makes no statement until it is notified, or something is due. */
  asleep: boolean
  /** Number of outcomes that have not been written yet. */
  unwritten: number
  /** Number of jobs whose rows the database refuses to change, on this node. */
  refused_jobs: number
  /** The first hundred of them. */
  refused: RefusedJob[]
  queues: { [queue: string]: QueueStatus }
  [detail: string]: unknown
}

/** A job whose row the database refuses to change: it is set aside and tried again, ever more slowly. */
export interface RefusedJob {
  /**
   * Whose statement is refused: the `ack` of an attempt, its `claim`, the stager's (`stage`), the
   * lifeline's (`rescue`, `discard`), the pruner's (`prune`), or that which hands back what a claim
   * without an answer took (`reclaim`).
   */
  part: 'ack' | 'claim' | 'discard' | 'prune' | 'reclaim' | 'rescue' | 'stage'
  /** Queue and class are null where the part does not know them. */
  job: { id: number; queue: string | null; worker: string | null }
  /** Null if the error did not come from the server. */
  sqlstate: string | null
  /** The constraint that is violated, if the error names one. */
  constraint: string | null
  /** The error, up to 200 characters. */
  message: string
  /** How often the row was refused alone; 0 while it was only tried with others. */
  tries: number
  /** Milliseconds since it was first refused. */
  refused_ms: number
  /** Milliseconds until it is tried again. */
  retry_ms: number
}

/** A node that serves queues, returned by {@link EramEngine.nodes}. */
export interface NodeInfo {
  /** Name of the engine. */
  name: string
  node: string
  host: string | null
  pid: number | null
  /** Version of the application. */
  version: string | null
  /** Version of EramJS. */
  eram_version: string | null
  started_at: Date
  /**
   * Milliseconds since its last heartbeat, by the database's clock. Above 20,000 it is about to be
   * given up.
   */
  age_ms: number
  /** Whether it sleeps; then `age_ms` is 0. */
  asleep: boolean
  /** Whether it leads; null while no node leads. */
  leader: boolean | null
  queues: { queue: string; limit: number; paused: boolean; running: number }[]
}

/** The leader, returned by {@link EramEngine.leader}. */
export interface Leader {
  node: string
  /** Start of its term, by the database's clock. */
  since: Date
  /** Whether it is the engine that was asked. */
  me: boolean
}
