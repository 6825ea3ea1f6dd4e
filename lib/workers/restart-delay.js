// How long to wait before something that died is started again: 100 ms, doubled each time up to 30 s, and from the start
// again once it has been well for a minute.

const FIRST = 100
const LONGEST = 30_000
const WELL = 60_000

export class Pace {
  #wait = FIRST
  #since = 0

  /** It has started. */
  started() {
    this.#since = performance.now()
  }

  /** It has ended. @returns {number} milliseconds to wait */
  next() {
    if (this.#since > 0 && performance.now() - this.#since > WELL) this.#wait = FIRST
    this.#since = 0
    const wait = this.#wait
    this.#wait = Math.min(wait * 2, LONGEST)
    return wait
  }
}
