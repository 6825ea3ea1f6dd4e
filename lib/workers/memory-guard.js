// Keeps the memory of the process below max_rss: above it, the job thread that holds the most is terminated. V8's own limits
// (resource_limits) do not count Buffers, which are outside its heap.
//
// Threads publish how much memory they hold in shared memory. A thread that is busy cannot: after a while, the growth of the
// process since its last update is attributed to it. A thread is terminated only if that frees a meaningful share; the rest
// belongs to the application.

import { getHeapStatistics } from 'node:v8'
import { clearInterval, monotonic, setInterval } from '../shared/timers.js'

/** @import { WorkerPool } from './pool.js' */
/** @import { WorkerThread } from './worker-thread.js' */

/**
 * The last update of a thread: its ordinal and bytes, and the size of the process and the time when it was read.
 * @typedef {{ updates: number, bytes: number, rss: number, at: number }} Account
 */

const MIB = 2 ** 20
/** Milliseconds between two updates of a thread. */
const PUBLISH_INTERVAL = 200
/** Milliseconds between two checks. */
const CHECK_INTERVAL = 250
/** Milliseconds without an update after which a thread is considered busy, rather than waiting for a processor. */
const BUSY_AFTER = 1000
/** Milliseconds without checks after a thread was terminated, as its memory is returned to the system with a delay. */
const PAUSE_AFTER_TERMINATION = 2000
/** Milliseconds between two log lines about memory that is not the threads'. */
const LOG_INTERVAL = 60_000
/** Share of max_rss that a thread must hold to be terminated. */
const MIN_SHARE = 1 / 8

/**
 * Starts to publish the memory of this job thread.
 * @param {Float64Array} memory  see MEMORY in worker-thread.js
 */
export function publishMemory(memory) {
  const publish = () => {
    const { total_heap_size, external_memory, malloced_memory } = getHeapStatistics()
    memory[0] = total_heap_size + external_memory + malloced_memory
    memory[1] = (memory[1] ?? 0) + 1
  }
  publish()
  setInterval(publish, PUBLISH_INTERVAL).unref()
}

export class MemoryGuard {
  #limit
  #pool
  #emit
  /** @type {WeakMap<WorkerThread, Account>} */
  #accounts = new WeakMap()
  #pausedUntil = 0
  #loggedAt = -LOG_INTERVAL
  #timer

  /**
   * @param {number} limit  MiB
   * @param {WorkerPool} pool
   * @param {(event: Record<string, unknown>) => void} emit
   */
  constructor(limit, pool, emit) {
    this.#limit = limit * MIB
    this.#pool = pool
    this.#emit = emit
    this.#timer = setInterval(() => this.#check(), CHECK_INTERVAL).unref()
  }

  stop() {
    clearInterval(this.#timer)
  }

  #check() {
    const rss = process.memoryUsage.rss()
    const now = monotonic()
    const held = this.#pool.threads.flatMap((thread) => this.#heldBy(thread, rss, now))
    if (rss <= this.#limit || now < this.#pausedUntil) return
    const [largest] = held.toSorted((a, b) => b.bytes - a.bytes)
    const usage = `${mib(rss)} MiB of memory in use, max_rss is ${mib(this.#limit)} MiB`
    if (largest && largest.bytes >= Math.max(rss - this.#limit, this.#limit * MIN_SHARE)) {
      this.#pausedUntil = now + PAUSE_AFTER_TERMINATION
      return largest.thread.terminateForMemory(`was terminated because it holds about ${mib(largest.bytes)} MiB: ${usage}`)
    }
    // A thread whose update is late may hold the memory.
    if (held.some(({ isLate }) => isLate)) return
    if (now - this.#loggedAt < LOG_INTERVAL) return
    this.#loggedAt = now
    const message = `memory: ${usage}, and no job thread holds enough to bring it below; the rest belongs to the application`
    this.#emit({ event: 'engine:log', level: 'error', message })
  }

  /**
   * @param {WorkerThread} thread
   * @param {number} rss
   * @param {number} now
   */
  #heldBy(thread, rss, now) {
    const published = thread.memory
    if (!published) return []
    const account = this.#accounts.get(thread)
    if (account?.updates !== published.updates) {
      this.#accounts.set(thread, { ...published, rss, at: now })
      return [{ thread, bytes: published.bytes, isLate: false }]
    }
    const isBusy = now - account.at >= BUSY_AFTER
    return [{ thread, bytes: account.bytes + (isBusy ? Math.max(0, rss - account.rss) : 0), isLate: !isBusy }]
  }
}

/** @param {number} bytes */
const mib = (bytes) => Math.round(bytes / MIB)
