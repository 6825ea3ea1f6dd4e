// Buffers outcomes until they are handed to the engine: plain successes as two typed arrays, which need no serialization,
// everything else as elements of one JSON array.

/** Codes of the typed array: completed without a result, or committed with the job's own transaction. */
const COMPLETED = 0
export const COMMITTED = 1

export class OutcomeBuffer {
  #runs = new Float64Array(64)
  #codes = new Uint8Array(64)
  #count = 0
  /** @type {string[]} */
  #details = []

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
  }

  /**
   * Adds any other outcome.
   * @param {string} detail  JSON text of the outcome of one run
   */
  addDetail(detail) {
    this.#details.push(detail)
  }

  /**
   * Removes and returns all outcomes. The arrays are views, which later outcomes overwrite.
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
