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
  /** Number of outcomes that have not been written yet. */
  unwritten: number
  queues: { [queue: string]: QueueStatus }
  [detail: string]: unknown
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
