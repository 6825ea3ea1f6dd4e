// This environment's place at one queue of the engine: a doorbell that carries nothing, and one native call that hands over
// outcomes and brings the next jobs.

import { native } from '../addon/native.js'
import { Runner } from './runner.js'

/** @import { Surroundings } from './runner.js' */

export class Slot {
  #runner
  #scheduled = false
  #open = true

  /**
   * @param {number} engine
   * @param {string} queue
   * @param {'main' | 'thread'} isolation
   * @param {Omit<Surroundings, 'flush' | 'settlement'>} surroundings
   */
  constructor(engine, queue, isolation, surroundings) {
    this.#runner = new Runner({
      ...surroundings,
      settlement: (detail) => native.settlement(this.id, detail),
      flush: () => this.#flush(),
    })
    // Nothing may be thrown out of the bell: Node would take it for an uncaught exception of the program.
    this.id = native.attach(engine, JSON.stringify({ queue, isolation }), () => this.#pump())
  }

  hooksDone() {
    return this.#runner.hooksDone()
  }

  /** Gives the place back; jobs that have not settled become the engine's to deal with. */
  close() {
    if (!this.#open) return
    this.#pump()
    this.#open = false
    native.detach(this.id)
  }

  #flush() {
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#pump)
  }

  #pump = () => {
    this.#scheduled = false
    if (!this.#open) return
    const { runs, codes, details } = this.#runner.outbox.take()
    try {
      const batch = native.exchange(this.id, runs, codes, details)
      if (batch !== null) this.#runner.receive(batch)
      this.#runner.resume()
    } catch (error) {
      // The engine stopped under us, or a fault of ours; its jobs are released by the engine either way.
      if (this.#open) process.emitWarning(/** @type {Error} */ (error))
    }
  }
}
