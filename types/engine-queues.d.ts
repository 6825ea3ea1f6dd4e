// Queues of a running engine: pausing, scaling, starting and emptying them, and waiting for what they do.
import type { EnqueuedJob } from './enqueue.js'
import type { EndedJob } from './job-row.js'
import type {
  DrainOptions,
  DrainResult,
  QueueBacklog,
  QueueInfo,
  QueueOptions,
  QueueStatus,
  QueueTarget,
  RunOnceOptions,
  RunOnceResult,
} from './queue.js'
import type { Duration } from './values.js'

/** The methods of {@link EramEngine} that act on queues and wait for jobs. */
export interface EngineQueues {
  /**
   * Stops fetching from a queue (`'*'`: from every known one), on all nodes unless `node` is given.
   * Survives restarts; running jobs continue. A node that receives no notifications follows with
   * its next heartbeat.
   * @throws {EramError} `ERAM_NOT_FOUND` for an unknown queue or node, with a suggestion, unless
   * `force`
   */
  pause(queue: string | QueueTarget): Promise<void>
  /**
   * Ends a pause.
   * @throws {EramError} `ERAM_NOT_FOUND` as {@link EngineQueues.pause}
   */
  resume(queue: string | QueueTarget): Promise<void>
  /**
   * Changes how many jobs of a queue a node runs at once. Survives restarts.
   * @throws {EramError} `ERAM_NOT_FOUND` as {@link EngineQueues.pause} · `ERAM_ENVIRONMENT`
   */
  scale(
    queue: string | (QueueTarget & { limit: number }),
    options?: { limit: number; node?: string | undefined; force?: boolean | undefined },
  ): Promise<void>
  /**
   * Removes the settings of `pause`, `resume` and `scale` for a queue, on one node or on all: the
   * options in `queues` apply again.
   * @throws {EramError} `ERAM_NOT_FOUND` as {@link EngineQueues.pause}
   */
  resetQueue(queue: string | QueueTarget): Promise<void>
  /**
   * Starts serving a queue that is not in `queues`, until the engine stops: on this engine, or on
   * the given node (`'*'`: on all nodes that serve queues). For another node this is a command, a row
   * of `eram_commands`: the node obeys it shortly after, or not at all after 60 s. It may have no
   * `isolation`, `exec_argv` or `resource_limits`.
   * @throws {EramError} `ERAM_ALREADY_RUNNING` if this engine already serves it · `ERAM_NOT_FOUND` for a
   * node that is not running · `ERAM_ENVIRONMENT`
   */
  startQueue(
    queue: string | (QueueOptions & Omit<QueueTarget, 'force'>),
    options?: QueueOptions & { node?: string | undefined },
  ): Promise<void>
  /**
   * Stops serving a queue, on this engine or on the given node (`'*'`: on all), until the engine
   * starts again. Waits for running jobs as `stop` does.
   * @returns the ids of jobs that this engine handed back
   * @throws {EramError} `ERAM_NOT_FOUND` for a queue that this engine does not serve, or a node
   * that is not running
   */
  stopQueue(
    queue: string | Omit<QueueTarget, 'force'>,
    options?: { grace?: number | undefined; node?: string | undefined },
  ): Promise<{ released: number[] }>
  /**
   * Deletes all waiting jobs of a queue (available, scheduled and retryable ones), or with `cancel`
   * cancels them; in batches of 2000, so that no lock is held for long. Keeps suspended jobs and
   * those enqueued after the call began. `refused` is the number of jobs that the database refuses to
   * change; the event `job:refused` names each.
   * @throws {EramError} `ERAM_NOT_FOUND` for an unknown queue
   */
  purge(queue: string, options?: { cancel?: boolean | undefined }): Promise<{ purged: number; refused: number }>
  /**
   * Returns the current state of a queue of this engine, or null if it does not serve that queue.
   */
  checkQueue(queue: string): Promise<QueueStatus | null>
  /**
   * Waits until this engine can run nothing more in one of its queues; for tests and scripts.
   * @returns how many attempts ended meanwhile, by outcome
   * @throws {EramError} `ERAM_NOT_FOUND` if this engine does not serve the queue · `ERAM_CONFIG` if
   * it is paused · `ERAM_TIMEOUT` · `ERAM_ENVIRONMENT`
   */
  drain(queue: string, options?: DrainOptions): Promise<DrainResult>
  /**
   * Runs what is runnable in all queues of this engine, due jobs included, until nothing is or the
   * budget is over; for processes that do not stay. Jobs that still run then go on: `stop()` gives
   * them its grace, and hands them back if they do not end. Each attempt is written as always,
   * whatever happens to the process.
   * @example
   * const engine = await EramEngine.start({ url, queues: { default: 10 } })
   * try {
   *   const { success, drained } = await engine.runOnce({ budget: '50 s' })
   * } finally {
   *   await engine.stop({ grace: 5000 })
   * }
   * @returns how many attempts ended meanwhile, by outcome, and whether nothing was left
   * @throws {EramError} `ERAM_CONFIG` for an engine without queues · `ERAM_ENVIRONMENT`
   */
  runOnce(options?: RunOnceOptions): Promise<RunOnceResult>
  /**
   * Waits until a job has ended (completed, cancelled or discarded), on whatever node it runs, and
   * returns its row. A job that has ended before is returned at once.
   *
   * The end is an event, not a poll: the node that runs the job reports it after the commit. Ends
   * that no node reports (a row changed by hand, a lost connection) are found within a heartbeat;
   * where notifications do not arrive, within a second.
   *
   * A job that waits for another one occupies its place in its queue meanwhile.
   *
   * @param job its id, or what `enqueue` returned
   * @example
   * const job = await EmailUserJob.enqueue({ email })
   * const { state, result } = await engine.waitFor(job, { timeout: '10 s' })
   * @throws {EramError} `ERAM_TIMEOUT`, which leaves the job as it is · `ERAM_NOT_FOUND` for a job that
   * is deleted, or enqueued in a transaction that has not been committed · `ERAM_NOT_RUNNING` when
   * the engine stops
   */
  waitFor<Args = any, Result = any>(
    job: number | EnqueuedJob<Args> | { readonly id: number },
    options?: WaitOptions,
  ): Promise<EndedJob<Args, Result>>
  /**
   * Lists every queue of the cluster that a node serves, that has settings, or that has jobs, by
   * name. What nodes run is as of their last heartbeat.
   *
   * The cost does not grow with the history. Waiting jobs are counted up to 10,000 in each state
   * (beyond that, `at_least` names the state). Finished jobs are not indexed by queue: if the table
   * is larger than 2000 pages (16 MB), counts are extrapolated from that many, and `estimated`
   * names the states.
   */
  queues(): Promise<QueueInfo[]>
  /**
   * Lists the same queues with how much work waits in each, and who serves it: what an autoscaler
   * needs. Jobs are counted up to 10,000, by their indexes; the age of the oldest takes one probe for
   * each priority.
   * @example
   * for (const { queue, depth, latency_ms } of await engine.backlog()) console.log(queue, depth, latency_ms)
   */
  backlog(): Promise<QueueBacklog[]>
}

/** Options of {@link EngineQueues.waitFor}. */
export interface WaitOptions {
  /** Time after which to give up. @default no limit */
  timeout?: Duration | undefined
  /** Gives up when it is aborted, and rejects with its reason. */
  signal?: AbortSignal | undefined
}
