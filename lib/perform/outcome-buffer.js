// Outcomes on their way to the engine: plain successes as two typed arrays, so that they cost no text, everything else as
// pieces of one JSON array.

/** Codes of a run that has no more to say: it completed, or its outcome committed with its own transaction. */
const DONE = 0
export const COMMITTED = 1

export class Outbox {
  #runs = new Float64Array(64)
  #codes = new Uint8Array(64)
  #count = 0
  /** @type {string[]} */
  #details = []

  get empty() {
    return this.#count === 0 && this.#details.length === 0
  }

  /**
   * A run that completed without a result, or whose outcome is in the database already.
   * @param {number} run
   * @param {typeof DONE | typeof COMMITTED} [code]
   */
  done(run, code = DONE) {
    if (this.#count === this.#runs.length) this.#grow()
    this.#runs[this.#count] = run
    this.#codes[this.#count] = code
    this.#count += 1
  }

  /**
   * A run that has more to say than "completed".
   * @param {string} detail  JSON text of one settled run
   */
  add(detail) {
    this.#details.push(detail)
  }

  /**
   * Hands over everything and starts afresh; the arrays are views that are overwritten by later outcomes.
   * @returns {{ runs: Float64Array, codes: Uint8Array, details: string | null }}
   */
  take() {
    const count = this.#count
    const details = this.#details.length === 0 ? null : `[${this.#details.join(',')}]`
    this.#count = 0
    if (details !== null) this.#details = []
    return { runs: this.#runs.subarray(0, count), codes: this.#codes.subarray(0, count), details }
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
