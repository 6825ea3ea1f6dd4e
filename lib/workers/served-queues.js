// The queues that a job thread serves, as its parent sees them: the thread's slot at each, and how far it is there.

/** @import { QueueData } from './worker-thread.js' */

/**
 * Size of the memory of each queue that a thread shares with its parent, readable after a crash: the run whose perform is on the stack
 * or 0, and the newest run that has begun.
 */
const PROGRESS = 2

/**
 * `slot`: the engine's number, 0 before the thread is attached.
 * @typedef {{ slot: number, progress: Float64Array }} Served
 */

export class ServedQueues {
  /** @type {Map<string, Served>} */
  #served = new Map()
  /** Called with the next message about a queue. @type {Map<string, (() => void)[]>} */
  #awaited = new Map()

  /** Adds a queue, and the memory that is shared with the thread. @param {QueueData} queue @returns {QueueData} */
  add(queue) {
    const progress = shared(PROGRESS)
    this.#served.set(queue.queue, { slot: 0, progress })
    return { ...queue, progress }
  }

  /** A process has a new slot with each start. @param {{ queue: string, slot: number }} attached */
  attached({ queue, slot }) {
    const known = this.#served.get(queue)
    if (known) known.slot = slot
    this.#notify(queue)
  }

  /** @param {string} queue */
  left(queue) {
    this.#served.delete(queue)
    this.#notify(queue)
  }

  /** The thread has ended. */
  end() {
    for (const queue of this.#awaited.keys()) this.#notify(queue)
  }

  /** @param {string} queue */
  has(queue) {
    return this.#served.has(queue)
  }

  get size() {
    return this.#served.size
  }

  /** The slot at a queue, or 0. @param {string} queue */
  slotAt(queue) {
    return this.#served.get(queue)?.slot ?? 0
  }

  get slots() {
    return [...this.#served.values()].map(({ slot }) => slot).filter((slot) => slot > 0)
  }

  /** Each slot with its newest run that has begun; undefined: none. @returns {[slot: number, last: number | undefined][]} */
  get lasts() {
    return [...this.#served.values()].filter(({ slot }) => slot > 0).map(({ slot, progress }) => [slot, progress[1] || undefined])
  }

  /** The run whose perform is on the stack. @returns {number | undefined} */
  get running() {
    return [...this.#served.values()].map(({ progress }) => progress[0] ?? 0).find((run) => run > 0)
  }

  /** Resolves when the thread next says something of a queue, or ends. @param {string} queue @returns {Promise<void>} */
  next(queue) {
    return new Promise((resolve) => this.#awaited.set(queue, [...(this.#awaited.get(queue) ?? []), resolve]))
  }

  /** @param {string} queue */
  #notify(queue) {
    const resolvers = this.#awaited.get(queue) ?? []
    this.#awaited.delete(queue)
    for (const resolve of resolvers) resolve()
  }
}

/** Memory that two threads share. @param {number} size */
export function shared(size) {
  return new Float64Array(new SharedArrayBuffer(size * Float64Array.BYTES_PER_ELEMENT))
}
