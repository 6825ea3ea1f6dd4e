// Reports errors to the functions that the application gave for them: onError of setup files, and of the engine.

import { state } from './global-state.js'
import { headline } from './serialize.js'
import { waitAtMost } from './wait.js'

/** @typedef {(error: any, about: any) => unknown} OnError */
/** @typedef {(event: Record<string, unknown> & { event: string }) => void} Emit */

/**
 * @typedef {object} About  what is known of an error
 * @property {string} phase
 * @property {string} [kind]
 * @property {unknown} [job]
 * @property {number} [attempt]
 * @property {boolean} [final]
 * @property {number | null} [delay]
 * @property {string | null} [queue]
 */

/** Milliseconds to wait for promises that the functions returned. */
const TIMEOUT = 5000

export class ErrorReports {
  #functions
  #place
  /** @type {Set<Promise<void>>} */
  #pending = new Set()

  /**
   * @param {OnError[]} functions
   * @param {{ engine: string, isolate: 'main' | 'thread' | 'process', queue: string | null }} place
   */
  constructor(functions, place) {
    this.#functions = functions
    this.#place = place
  }

  get isEmpty() {
    return this.#functions.length === 0
  }

  /**
   * @param {unknown} error  the very value that was thrown
   * @param {About} about
   * @param {Emit} emit  emits an event of this isolate
   */
  report(error, { phase, kind = 'error', job, attempt, final = false, delay = null, queue = this.#place.queue }, emit) {
    const { engine, isolate } = this.#place
    const node = state.engines.get(engine)?.node ?? null
    for (const each of this.#functions) {
      const about = { phase, kind, job, attempt, final, delay, engine, node, queue, isolate }
      const calling = call(each, error, about, emit)
      this.#pending.add(calling)
      calling.then(() => this.#pending.delete(calling))
    }
  }

  /** Resolves when all have settled, within TIMEOUT. */
  async done() {
    if (this.#pending.size > 0) await waitAtMost(Promise.all(this.#pending), TIMEOUT)
  }
}

/** @param {OnError} fn @param {unknown} error @param {object} about @param {Emit} emit */
async function call(fn, error, about, emit) {
  try {
    await fn(error, about)
  } catch (thrown) {
    emit({ event: 'listener:exception', of: 'onError', message: `onError threw ${headline(thrown)}`, error: undefined })
  }
}
