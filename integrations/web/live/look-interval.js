// How often to look: as often as a viewer wants, unless that takes more than a twentieth of the time of a connection.

/** For each millisecond of the database, this many pass until the next look. */
const SHARE = 20
const LONGEST = 60_000

export class LookInterval {
  /** Milliseconds of the database for a look. */
  cost = 0

  /** @param {number} ms  that a look took in the database */
  took(ms) {
    // Quick to slow down, and in steps to the old interval.
    this.cost = ms > this.cost ? ms : (ms + this.cost) / 2
  }

  /** Milliseconds between two looks. @param {number} chosen */
  interval(chosen) {
    return Math.max(chosen, Math.min(LONGEST, Math.round(this.cost * SHARE)))
  }
}
