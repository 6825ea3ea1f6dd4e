// One place for a thread at one queue. The thread in it is started again whenever it dies, ever more slowly while it keeps
// dying; or replaced while an old one, which holds a job that will not end, finishes what else it has.

import { native } from '../addon/native.js'
import { Pace } from './restart-delay.js'
import { Spawned } from './worker-thread.js'

/** @import { Death, Order, Parent } from './worker-thread.js' */

/** @typedef {{ engine: string, queue: string, isolation: 'thread' | 'process' }} Place  as events show it */

export class Seat {
  #place
  #order
  #parent
  #pace = new Pace()
  /** @type {Spawned | undefined} */
  #current
  /** Every living thread of this seat: the current one and those that it replaced. @type {Set<Spawned>} */
  #living = new Set()
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  #closed = false
  /** @type {'starting' | 'running' | 'waiting'} */
  #state = 'starting'
  /** Why it is not running, as checkQueue shows it. @type {string | null} */
  #problem = null

  /**
   * @param {Place} place
   * @param {() => Order} order  made anew for each thread, because classes may have been registered meanwhile
   * @param {Parent} parent
   */
  constructor(place, order, parent) {
    this.#place = place
    this.#order = order
    this.#parent = parent
  }

  get living() {
    return this.#living
  }

  get slot() {
    return this.#current?.slot ?? 0
  }

  get status() {
    return { slot: this.slot, isolation: this.#place.isolation, state: this.#state, problem: this.#problem }
  }

  open() {
    /** Resolves when the first thread is ready, rejects with the reason why it cannot be. @type {Promise<void>} */
    this.opened = this.#start().ready
  }

  /** A fresh thread takes the seat; the one in it gets no more jobs and is told when to go by the engine. */
  replace() {
    if (!this.#closed) this.#start()
  }

  async close() {
    this.#closed = true
    clearTimeout(this.#timer)
    await Promise.all([...this.#living].map((thread) => thread.stop()))
  }

  #start() {
    clearTimeout(this.#timer)
    this.#state = 'starting'
    const thread = new Spawned(this.#order(), this.#parent)
    this.#current = thread
    this.#living.add(thread)
    thread.ready.then(
      () => this.#started(thread),
      () => {},
    )
    thread.ended.then((death) => this.#ended(thread, death))
    return thread
  }

  /** @param {Spawned} thread */
  #started(thread) {
    if (thread !== this.#current) return
    this.#pace.started()
    this.#state = 'running'
    this.#problem = null
    this.#parent.report({ event: 'thread:start', ...this.#place, slot: thread.slot })
  }

  /**
   * @param {Spawned} thread
   * @param {Death} death
   */
  #ended(thread, death) {
    this.#living.delete(thread)
    if (thread.slot > 0 && !thread.left) report(thread.slot, death)
    const again = thread === this.#current && !this.#closed
    const wait = again ? this.#pace.next() : 0
    this.#parent.report({
      event: 'thread:exit',
      ...this.#place,
      slot: thread.slot,
      ...death,
      expected: thread.left || thread !== this.#current || this.#closed,
    })
    if (!again) return
    this.#state = 'waiting'
    this.#problem = death.message
    this.#timer = setTimeout(() => this.#start(), wait).unref()
  }
}

/**
 * @param {number} slot
 * @param {Death} death
 */
export function report(slot, death) {
  try {
    native.died(slot, JSON.stringify(death))
  } catch (error) {
    // The engine has stopped and knows no slots any more.
    process.emitWarning(/** @type {Error} */ (error))
  }
}
