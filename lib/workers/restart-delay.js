// The delay before something that exited is started again: doubled after each exit, and reset after a minute of running.

import { monotonic } from '../shared/timers.js'

/** Milliseconds before the first restart. */
const INITIAL_DELAY = 100
/** Milliseconds at most. */
const MAX_DELAY = 30_000
/** Milliseconds of running after which the delay is the initial one again. */
const RESET_AFTER = 60_000

export class RestartDelay {
  #delay = INITIAL_DELAY
  #startedAt = 0

  started() {
    this.#startedAt = monotonic()
  }

  /** Called after an exit. @returns {number} milliseconds to wait */
  next() {
    if (this.#startedAt > 0 && monotonic() - this.#startedAt > RESET_AFTER) this.#delay = INITIAL_DELAY
    this.#startedAt = 0
    const delay = this.#delay
    this.#delay = Math.min(delay * 2, MAX_DELAY)
    return delay
  }
}
