// Attaches this isolate to one queue of the engine: a waker that carries no data, and one native call that hands over outcomes
// and returns the next jobs.

import { native } from '../addon/index.js'
import { setImmediate } from '../shared/timers.js'
import { Meter } from './meter.js'
import { Runner } from './runner.js'

/** @import { RunnerDeps } from './runner.js' */

export class Slot {
  #runner
  #scheduled = false
  #open = true

  /**
   * @param {number} engine
   * @param {string} queue
   * @param {'main' | 'thread'} isolation
   * @param {Omit<RunnerDeps, 'flush' | 'meter' | 'prepareAck' | 'report'>} deps
   * @param {{ isShared: boolean, beside: number | undefined }} [isolate]  whether other queues use the isolate, and one of their slots
   */
  constructor(engine, queue, isolation, deps, { isShared, beside } = { isShared: isolation === 'main', beside: undefined }) {
    this.#runner = new Runner({
      ...deps,
      meter: new Meter(isShared),
      prepareAck: (detail) => native().settlement(this.id, detail),
      report: (text) => native().progress(this.id, text),
      flush: () => this.#flush(),
    })
    // The waker must not throw: Node would report an uncaught exception of the program.
    this.id = native().attach(engine, JSON.stringify({ queue, isolation, beside }), () => this.#exchange())
  }

  hooksDone() {
    return this.#runner.hooksDone()
  }

  /** Detaches from the queue; the engine settles the jobs that have not ended. */
  close() {
    if (!this.#open) return
    do this.#exchange()
    while (!this.#runner.outcomes.empty)
    this.#open = false
    native().detach(this.id)
  }

  #flush() {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#exchange)
  }

  #exchange = () => {
    this.#scheduled = false
    if (!this.#open) return
    const { runs, codes, details } = this.#runner.outcomes.take()
    try {
      const batch = native().exchange(this.id, runs, codes, details)
      if (batch !== null) this.#runner.receive(batch)
      this.#runner.resume()
    } catch (error) {
      // The engine has stopped, or this is a bug; the engine releases the jobs either way.
      if (this.#open) process.emitWarning(/** @type {Error} */ (error))
    }
    if (!this.#runner.outcomes.empty) this.#flush()
  }
}
