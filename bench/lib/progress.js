// How long it will still take: as the workloads say they take, corrected by how long they took today.

/** @typedef {{ name: string, seconds: number, runs: number }} Stage  seconds of one run */

export class Progress {
  #stages
  #now
  #at = -1
  #began = 0
  /** Seconds that the stages so far should have taken, and did. */
  #planned = 0
  #taken = 0
  /** @type {Map<number, number>} records by run */
  #records = new Map()

  /**
   * @param {Stage[]} stages
   * @param {() => number} [now] in milliseconds
   */
  constructor(stages, now = () => performance.now()) {
    this.#stages = stages
    this.#now = now
  }

  /** The next stage begins. */
  next() {
    this.#settle()
    this.#at += 1
    this.#began = this.#now()
    this.#records.clear()
  }

  /** Something of that run was measured. @param {number} run */
  record(run) {
    this.#records.set(run, (this.#records.get(run) ?? 0) + 1)
  }

  /** In seconds. */
  left() {
    const stage = this.#stages[this.#at]
    const elapsed = (this.#now() - this.#began) / 1000
    let planned = 0
    for (const stage of this.#stages.slice(this.#at + 1)) planned += stage.seconds * stage.runs
    const factor = this.#factor(stage, elapsed)
    return Math.max(0, planned * factor) + (stage ? this.#within(stage, elapsed, factor) : 0)
  }

  /** @param {Stage} stage @param {number} elapsed @param {number} factor */
  #within({ seconds, runs }, elapsed, factor) {
    const first = this.#records.get(1) ?? 0
    const all = [...this.#records.values()].reduce((sum, it) => sum + it, 0)
    // Once the second run has begun, what the first measured is what each measures.
    if (this.#records.size > 1) return elapsed * (Math.max(0, first * runs - all) / all)
    return Math.max(0, seconds * runs * factor - elapsed)
  }

  /**
   * How much longer it all takes than is planned; a first run that takes longer than planned is heeded at once.
   * @param {Stage | undefined} stage
   * @param {number} elapsed
   */
  #factor(stage, elapsed) {
    const isLate = stage && this.#records.size < 2 && elapsed > stage.seconds
    const [taken, planned] = isLate ? [this.#taken + elapsed, this.#planned + stage.seconds] : [this.#taken, this.#planned]
    return planned > 0 ? taken / planned : 1
  }

  #settle() {
    const stage = this.#stages[this.#at]
    if (!stage) return
    this.#planned += stage.seconds * stage.runs
    this.#taken += (this.#now() - this.#began) / 1000
  }
}

/** @param {{ name: string, workload: { seconds: number }, options: { runs: number } }[]} plan @returns {Stage[]} */
export const stages = (plan) => plan.map(({ name, workload: { seconds }, options: { runs } }) => ({ name, seconds, runs }))

/** @param {number} seconds */
export const minutes = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`)
