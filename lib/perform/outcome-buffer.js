// Buffers outcomes until they are handed to the engine: plain successes as two typed arrays, which need no serialization,
// everything else as elements of one JSON array, no longer than what any thread may join at once.

import { SAFE_LENGTH } from '../shared/text.js'

/** @import { Usage } from './meter.js' */

/** Codes of the typed array: completed without a result, or committed with the job's own transaction. */
const COMPLETED = 0
export const COMMITTED = 1

export class OutcomeBuffer {
  #runs = new Float64Array(64)
  #codes = new Uint8Array(64)
  #count = 0
  /** Outcomes, with what their runs have used, oldest first. @type {string[]} */
  #details = []
  /** What the runs of the typed arrays have used. @type {string[]} */
  #usage = []
  /** The outcome that was added last is in #details. */
  #isDetailed = false

  get empty() {
    return this.#count === 0 && this.#details.length === 0
  }

  /**
   * Adds a run that completed without a result, or whose outcome is in the database already.
   * @param {number} run
   * @param {typeof COMPLETED | typeof COMMITTED} [code]
   */
  addPlain(run, code = COMPLETED) {
    if (this.#count === this.#runs.length) this.#grow()
    this.#runs[this.#count] = run
    this.#codes[this.#count] = code
    this.#count += 1
    this.#isDetailed = false
  }

  /**
   * Adds any other outcome.
   * @param {string} detail  JSON text of the outcome of one run
   */
  addDetail(detail) {
    this.#details.push(detail)
    this.#isDetailed = true
  }

  /**
   * Adds what a run has used, whose outcome was just added: both are to leave together.
   * @param {number} run
   * @param {Usage} usage
   */
  addUsage(run, usage) {
    const text = JSON.stringify({ run, ...usage })
    if (this.#isDetailed) this.#details.push(`${this.#details.pop()},${text}`)
    else this.#usage.push(text)
  }

  /**
   * Removes and returns outcomes: all, unless they are very long together. The arrays are views, which later outcomes overwrite.
   * @returns {{ runs: Float64Array, codes: Uint8Array, details: string | null }}
   */
  take() {
    const count = this.#count
    const hasDetails = this.#details.length + this.#usage.length > 0
    const details = hasDetails ? `[${[...this.#usage, ...this.#nextDetails()].join(',')}]` : null
    this.#count = 0
    if (hasDetails) this.#usage = []
    return { runs: this.#runs.subarray(0, count), codes: this.#codes.subarray(0, count), details }
  }

  /** Removes and returns the oldest outcomes, at least one. */
  #nextDetails() {
    let length = 0
    const end = this.#details.findIndex((detail, i) => {
      length += detail.length
      return i > 0 && length > SAFE_LENGTH
    })
    return this.#details.splice(0, end < 0 ? this.#details.length : end)
  }

  #grow() {
    const runs = new Float64Array(this.#runs.length * 2)
    const codes = new Uint8Array(this.#codes.length * 2)
    runs.set(this.#runs)
    codes.set(this.#codes)
    this.#runs = runs
    this.#codes = codes
  }
}
