// Keeps one job thread of a queue running. A thread that exits is started again, with a growing delay while it keeps exiting.
// A thread with a stuck job is replaced: a new one starts, while the old one finishes its other jobs.

import { native } from '../addon/index.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { RestartDelay } from './restart-delay.js'
import { WorkerThread } from './worker-thread.js'

/** @import { EngineCallbacks, WorkerExit, WorkerOptions } from './worker-thread.js' */

/** @typedef {{ engine: string, queue: string, isolation: 'thread' | 'process' }} ThreadInfo  as events show it */

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
   * @param {() => WorkerOptions} optionsOf  called for each new thread, because more classes may have been registered
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

  get slot() {
    return this.#current?.slot ?? 0
  }

  get status() {
    return { slot: this.slot, isolation: this.#info.isolation, state: this.#state, problem: this.#problem }
  }

  open() {
    /** Resolves when the first thread is ready; rejects if it cannot start. @type {Promise<void>} */
    this.opened = this.#start().ready
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

  #start() {
    clearTimeout(this.#timer)
    this.#state = 'starting'
    const thread = new WorkerThread(this.#optionsOf(), this.#engine)
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
    this.#engine.emit({ event: 'thread:start', ...this.#info, slot: thread.slot })
  }

  /**
   * @param {WorkerThread} thread
   * @param {WorkerExit} exit
   */
  #ended(thread, exit) {
    this.#threads.delete(thread)
    if (thread.slot > 0 && !thread.detached) reportExit(thread.slot, exit)
    const restarts = thread === this.#current && !this.#closed
    const delay = restarts ? this.#delay.next() : 0
    this.#engine.emit({
      event: 'thread:exit',
      ...this.#info,
      slot: thread.slot,
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
