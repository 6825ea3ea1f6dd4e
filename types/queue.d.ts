// Queues: the options of one, what it is doing, and who serves it.
import type { Backoff } from './job-options.js'
import type { Duration, JobState } from './values.js'

/** Options of a queue on this node. */
export interface QueueOptions {
  /** Jobs that this node runs at once, 1 to 100,000. @default 10 */
  limit?: number | undefined
  /**
   * Threads that share the limit, 1 to 256. More than one is for work that keeps a thread busy;
   * waiting for answers does not need it. An object names a thread group, whose threads several
   * queues share.
   * @default 1
   * @example
   * const queues = { tenant1: { limit: 2, threads: { group: 'tenants', count: 4 } }, tenant2: { limit: 2, threads: { group: 'tenants' } } }
   */
  threads?: number | ThreadGroup | undefined
  /** Where jobs run whose class has a file and does not specify it. @default 'thread' */
  isolation?: 'main' | 'thread' | 'process' | undefined
  /** Whether the queue starts paused. @default false */
  paused?: boolean | undefined
  /** Milliseconds between polls of the queue when nothing wakes it. @default that of the engine */
  poll_interval?: Duration | undefined
  /**
   * Milliseconds that an aborted job has to end, at most the engine's `grace`.
   * @default that of the engine
   */
  abort_grace?: Duration | undefined
  /** Whether short jobs are claimed ahead of free capacity. @default true */
  prefetch?: boolean | undefined
  /** Stores the lines of `ctx.log` with each attempt, of classes that do not say. @default false */
  store_logs?: boolean | undefined
  /** Measures the CPU time and the heap of attempts, of classes that do not say. @default false */
  measure?: boolean | undefined
  /**
   * Names of the nodes that serve the queue; `*` in a name matches any characters. Other nodes
   * ignore the queue, so that all can have the same configuration.
   * @default all nodes
   */
  only?: string | readonly string[] | undefined
  /**
   * Jobs, 0 to 100,000, that may neither end nor react to their abort and still give up their place
   * in the limit to others.
   * @default limit
   */
  max_stuck_jobs?: number | undefined
  /** Limits in MiB of each of its threads, as in `node:worker_threads`. @default Node's */
  resource_limits?:
    | {
        max_old_generation_size_mb?: number | undefined
        max_young_generation_size_mb?: number | undefined
        code_range_size_mb?: number | undefined
        stack_size_mb?: number | undefined
      }
    | undefined
  /**
   * Node.js options of its threads, such as `['--import', 'tsx']`.
   * @default those of the process
   */
  exec_argv?: readonly string[] | undefined
  /**
   * Options of jobs in this queue that neither say themselves nor have them from their class.
   *
   * `priority` and `max_attempts` are stored with the job: they hold for jobs that are enqueued in a
   * process whose engine has the queue in its options, also in a transaction, and for jobs of cron
   * entries. `backoff` is decided where an attempt fails, however the job was enqueued.
   * @default {}
   */
  defaults?: QueueDefaults | undefined
}

/**
 * The threads of a group, which several queues share, see {@link QueueOptions.threads}. The queues
 * have the same `isolation`, `resource_limits` and `exec_argv`; else `start` and `startQueue` reject
 * with `ERAM_CONFIG`.
 */
export interface ThreadGroup {
  /** Name of the group, 1 to 127 characters. */
  group: string
  /**
   * Threads of the group, 1 to 256; may exceed the `limit` of a queue. Where several queues give it,
   * they give the same.
   * @default that of another queue of the group, else 1
   */
  count?: number | undefined
}

/** Defaults of a queue for its jobs, see {@link QueueOptions.defaults}. */
export interface QueueDefaults {
  /** 0 (runs first) to 9. @default 0 */
  priority?: number | undefined
  /** Number of attempts, the first included. @default 20 */
  max_attempts?: number | undefined
  /** Delay before the next attempt. @default 'oban' */
  backoff?: Backoff | undefined
}

/** A queue on all nodes, or on one. */
export interface QueueTarget {
  queue: string
  /** @default all nodes */
  node?: string | undefined
  /** Accept a queue or node that is not known yet. @default false */
  force?: boolean | undefined
}

/** The state of a queue of this engine, returned by {@link EramEngine.checkQueue}. */
export interface QueueStatus {
  queue: string
  node: string
  /** The producer, as in `attempted_by`. */
  uuid: string
  limit: number
  paused: boolean
  /** Ids of the running jobs. */
  running: number[]
  /** Number of jobs that are claimed and wait for a thread. */
  claimed: number
  /** Number of jobs that were given up but have not ended. */
  stuck: number
  /** Names of the job classes whose jobs it claims. */
  workers: string[]
  /** Its threads and processes; only from `checkQueue`, in the process that started the engine. */
  threads?: ThreadStatus[]
  [detail: string]: unknown
}

/** One thread or process of a queue. */
export interface ThreadStatus {
  /** Its number at this queue; 0 while it starts. */
  slot: number
  isolation: 'thread' | 'process'
  /** The thread group, whose other queues have the same thread; null: it is the queue's own. */
  group: string | null
  state: 'starting' | 'running' | 'waiting'
  /** Why it is not running. */
  problem: string | null
}

/** A queue across the cluster, returned by {@link EramEngine.queues}. */
export interface QueueInfo {
  queue: string
  counts: { [State in JobState]: number }
  /** States whose counts are lower bounds: counting stopped. */
  at_least: JobState[]
  /** States whose counts are estimates. */
  estimated: JobState[]
  /** Sum over all nodes. */
  limit: number
  /** Sum over all nodes. */
  running: number
  /** Whether it is paused on every node that serves it. */
  paused: boolean
  nodes: {
    /** Name of the engine. */
    name: string
    node: string
    /** The producer, as in `attempted_by`. */
    uuid: string
    limit: number
    paused: boolean
    running: number
    /** Ids of running jobs, at most 100. */
    running_ids: number[]
    started_at: Date
    /** Milliseconds since its last heartbeat, by the database's clock. */
    age_ms: number
    /** Whether the node sleeps; then `age_ms` is 0. */
    asleep: boolean
  }[]
}

/** How much work waits in a queue, across the cluster; returned by {@link EramEngine.backlog}. */
export interface QueueBacklog {
  queue: string
  /** Number of jobs that wait and are due, at most 10,000. */
  depth: number
  /** Whether counting stopped at `depth`. */
  at_least: boolean
  /** Milliseconds since the oldest of these jobs was due, by the database's clock; 0 if none waits. */
  latency_ms: number
  /** Sum over all nodes, as of their last heartbeat. */
  running: number
  /** Sum over all nodes. */
  limit: number
  /** Number of nodes that serve it. */
  nodes: number
  /** Whether it is paused on every node that serves it. */
  paused: boolean
}

/** Options of {@link EramEngine.drain}. */
export interface DrainOptions {
  /** Whether to also run jobs that are not due yet. @default false */
  with_scheduled?: boolean | undefined
  /** Milliseconds after which to give up. @default no limit */
  timeout?: number | undefined
}

/** Number of attempts by outcome, returned by {@link EramEngine.drain}. */
export interface DrainResult {
  success: number
  failure: number
  discard: number
  cancelled: number
  snoozed: number
  released: number
}

/** Options of {@link EramEngine.runOnce}. */
export interface RunOnceOptions {
  /**
   * The time after which to end, whatever is left: milliseconds, or a duration such as `'50 s'`.
   * @default no limit
   */
  budget?: Duration | undefined
}

/** Number of attempts by outcome, returned by {@link EramEngine.runOnce}. */
export interface RunOnceResult extends DrainResult {
  /** Whether nothing was left that this engine could run; false: the budget was over. */
  drained: boolean
}
