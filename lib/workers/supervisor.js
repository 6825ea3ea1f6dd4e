// Keeps one job thread running. A thread that exits is started again, with a growing delay while it keeps exiting.
// A thread with a stuck job is replaced: a new one starts, while the old one finishes its other jobs.

import { native } from '../addon/index.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { waitAtMost } from '../shared/wait.js'
import { RestartDelay } from './restart-delay.js'
import { WorkerThread } from './worker-thread.js'

/** @import { EngineCallbacks, QueueData, WorkerExit, WorkerOptions } from './worker-thread.js' */

/**
 * As events show it: of a queue, or of a thread group.
 * @typedef {{ engine: string, queue: string | null, group: string | null, isolation: 'thread' | 'process' }} ThreadInfo
 */

/** Milliseconds to wait for a thread that a queue joins. */
const JOIN_TIMEOUT = 1000

export class WorkerSupervisor {
  #info
  #optionsOf
  #engine
  #delay = new RestartDelay()
  /** @type {WorkerThread | undefined} */
  #current
  /** The current thread and those that it replaced, as long as they run. @type {Set<WorkerThread>} */
  #threads = new Set()
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  #closed = false
  /** @type {'starting' | 'running' | 'waiting'} */
  #state = 'starting'
  /** Why the thread is not running, as checkQueue() shows it. @type {string | null} */
  #problem = null

  /**
   * @param {ThreadInfo} info
   * @param {(isFirst: boolean) => WorkerOptions} optionsOf  called for each new thread, because there may be more classes and queues
   * @param {EngineCallbacks} engine
   */
  constructor(info, optionsOf, engine) {
    this.#info = info
    this.#optionsOf = optionsOf
    this.#engine = engine
  }

  get threads() {
    return this.#threads
  }

  /** @param {number} slot */
  has(slot) {
    return this.#current?.has(slot) ?? false
  }

  /** @param {string} queue */
  status(queue) {
    const { isolation, group } = this.#info
    return { slot: this.#current?.slotAt(queue) ?? 0, isolation, group, state: this.#state, problem: this.#problem }
  }

  open() {
    /** Resolves when the first thread is ready; rejects if it cannot start. @type {Promise<void>} */
    this.opened = this.#start(true).ready
  }

  /**
   * One more queue for the thread.
   * @param {QueueData} queue
   * @param {number} concurrency  jobs that it may run at once from now on
   */
  join(queue, concurrency) {
    this.#current?.join(queue, concurrency)
  }

  /**
   * Resolves when the thread is ready and attached to the queue, or has ended. One that a job keeps busy is attached later.
   * @param {string} queue
   */
  async serving(queue) {
    await this.opened
    if (this.#current) await waitAtMost(this.#current.attachedTo(queue), JOIN_TIMEOUT)
  }

  /**
   * One queue less. A thread that was replaced is terminated if it does not answer, or serves no queue any more.
   * @param {string} queue
   */
  async leave(queue) {
    const leave = async (/** @type {WorkerThread} */ thread) => {
      const hasLeft = await thread.leave(queue)
      if (thread !== this.#current && !(hasLeft && thread.servesQueues)) thread.terminate()
    }
    await Promise.all([...this.#threads].map(leave))
  }

  /** Starts a new thread. The old one gets no more jobs, and the engine ends it. */
  replace() {
    if (!this.#closed) this.#start()
  }

  async close() {
    this.#closed = true
    clearTimeout(this.#timer)
    await Promise.all([...this.#threads].map((thread) => thread.stop()))
  }

  #start(isFirst = false) {
    clearTimeout(this.#timer)
    this.#state = 'starting'
    const thread = new WorkerThread(this.#optionsOf(isFirst), this.#engine)
    this.#current = thread
    this.#threads.add(thread)
    thread.ready.then(
      () => this.#started(thread),
      () => {},
    )
    thread.ended.then((exit) => this.#ended(thread, exit))
    return thread
  }

  /** @param {WorkerThread} thread */
  #started(thread) {
    if (thread !== this.#current) return
    this.#delay.started()
    this.#state = 'running'
    this.#problem = null
    this.#engine.emit({ event: 'thread:start', ...this.#info, ...thread.shown })
  }

  /**
   * @param {WorkerThread} thread
   * @param {WorkerExit} exit
   */
  #ended(thread, exit) {
    this.#threads.delete(thread)
    if (!thread.detached) for (const [slot, last] of thread.lasts) reportExit(slot, { ...exit, last })
    const restarts = thread === this.#current && !this.#closed
    const delay = restarts ? this.#delay.next() : 0
    this.#engine.emit({
      event: 'thread:exit',
      ...this.#info,
      ...thread.shown,
      ...exit,
      expected: thread.detached || thread !== this.#current || this.#closed,
    })
    if (!restarts) return
    this.#state = 'waiting'
    this.#problem = exit.message
    this.#timer = setTimeout(() => this.#start(), delay).unref()
  }
}

/**
 * Reports the exit of a thread or process to the engine, which settles its jobs.
 * @param {number} slot
 * @param {WorkerExit} exit
 */
export function reportExit(slot, exit) {
  try {
    native().died(slot, JSON.stringify(exit))
  } catch (error) {
    // The engine has stopped and has no slots any more.
    process.emitWarning(/** @type {Error} */ (error))
  }
}
