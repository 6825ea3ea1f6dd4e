// The threads of one isolation that serve a queue, or the queues of a thread group: each thread has a slot at every queue.

import { WorkerSupervisor } from './supervisor.js'

/** @import { ThreadInfo } from './supervisor.js' */
/** @import { EngineCallbacks, QueueData, WorkerOptions } from './worker-thread.js' */

/**
 * What the threads of a group need to know, at any time.
 * @typedef {object} GroupOptions
 * @property {(queues: string[], isFirst: boolean) => WorkerOptions} thread  for a new thread
 * @property {(queue: string) => { queue: QueueData, concurrency: number }} queue  for threads that a queue joins
 */

export class ThreadGroup {
  #info
  #options
  #engine
  /** @type {Set<string>} */
  #queues
  /** @type {WorkerSupervisor[]} */
  #supervisors = []

  /**
   * @param {ThreadInfo} info
   * @param {string[]} queues
   * @param {GroupOptions} options
   * @param {EngineCallbacks} engine
   */
  constructor(info, queues, options, engine) {
    this.#info = info
    this.#queues = new Set(queues)
    this.#options = options
    this.#engine = engine
  }

  /**
   * Makes sure that so many threads serve the queue; resolves when all are ready, and rejects if one cannot start.
   * @param {string} queue
   * @param {number} count
   */
  async serve(queue, count) {
    if (!this.#queues.has(queue)) {
      this.#queues.add(queue)
      const { queue: data, concurrency } = this.#options.queue(queue)
      for (const supervisor of this.#supervisors) supervisor.join(data, concurrency)
    }
    while (this.#supervisors.length < count) {
      const optionsOf = (/** @type {boolean} */ isFirst) => this.#options.thread([...this.#queues], isFirst)
      const supervisor = new WorkerSupervisor(this.#info, optionsOf, this.#engine)
      this.#supervisors.push(supervisor)
      supervisor.open()
    }
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.serving(queue)))
  }

  /**
   * A queue has stopped, and others go on.
   * @param {string} queue
   */
  async leave(queue) {
    this.#queues.delete(queue)
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.leave(queue)))
  }

  /** @param {string} queue */
  serves(queue) {
    return this.#queues.has(queue)
  }

  /** @param {string} queue */
  isOnly(queue) {
    return this.#queues.size === 1 && this.#queues.has(queue)
  }

  /** @param {string} queue */
  status(queue) {
    return this.#supervisors.map((supervisor) => supervisor.status(queue))
  }

  get supervisors() {
    return this.#supervisors
  }

  async close() {
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.close()))
  }
}
