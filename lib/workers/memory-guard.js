// Keeps the memory of the process under max_rss: when it is above, the job thread that holds most is ended. V8's own limits
// (resource_limits) do not count Buffers, which lie outside of its heap.
//
// Threads say themselves what they hold, in shared memory. One that is busy cannot: after a while what the process has grown by
// since it was last heard is put to its account. Nobody is ended whose end would help little, for what remains is not the threads'.

import { getHeapStatistics } from 'node:v8'

/** @import { Spawned } from './worker-thread.js' */
/** @import { Threads } from './pool.js' */

/** @typedef {{ times: number, bytes: number, rss: number, at: number }} Account  what a thread said, how large the process was then, and when */

const MIB = 2 ** 20
const SAY_EVERY = 200
const LOOK_EVERY = 250
// Silent for so long, a thread is busy, and did not only wait for a processor.
const BUSY = 1000
// Memory goes back to the system some time after its thread.
const REST = 2000
const COMPLAIN_EVERY = 60_000
// The part of max_rss that a thread must hold to be worth its end.
const WORTH = 1 / 8

/**
 * A job thread says from now on what it holds.
 * @param {Float64Array} beat  its last two places: bytes, and how often they were said
 */
export function sayMemory(beat) {
  const say = () => {
    const { total_heap_size, external_memory, malloced_memory } = getHeapStatistics()
    beat[2] = total_heap_size + external_memory + malloced_memory
    beat[3] = (beat[3] ?? 0) + 1
  }
  say()
  setInterval(say, SAY_EVERY).unref()
}

export class MemoryGuard {
  #most
  #threads
  #report
  /** @type {WeakMap<Spawned, Account>} */
  #accounts = new WeakMap()
  #restUntil = 0
  #complainedAt = -COMPLAIN_EVERY
  #timer

  /**
   * @param {number} most  MiB
   * @param {Threads} threads
   * @param {(event: Record<string, unknown>) => void} report
   */
  constructor(most, threads, report) {
    this.#most = most * MIB
    this.#threads = threads
    this.#report = report
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY).unref()
  }

  stop() {
    clearInterval(this.#timer)
  }

  #look() {
    const rss = process.memoryUsage.rss()
    const now = performance.now()
    const held = this.#threads.living.flatMap((thread) => this.#held(thread, rss, now))
    if (rss <= this.#most || now < this.#restUntil) return
    const [largest] = held.toSorted((a, b) => b.bytes - a.bytes)
    const are = `${mib(rss)} MiB of memory in use, max_rss is ${mib(this.#most)} MiB`
    if (largest && largest.bytes >= Math.max(rss - this.#most, this.#most * WORTH)) {
      this.#restUntil = now + REST
      return largest.thread.relieve(`was ended, for it holds about ${mib(largest.bytes)} MiB: ${are}`)
    }
    // One of those who did not say anything this time may be who holds it.
    if (held.some(({ unheard }) => unheard)) return
    if (now - this.#complainedAt < COMPLAIN_EVERY) return
    this.#complainedAt = now
    const message = `memory: ${are}, and no job thread whose end would bring it below; the rest is the application's`
    this.#report({ event: 'engine:log', level: 'error', message })
  }

  /**
   * @param {Spawned} thread
   * @param {number} rss
   * @param {number} now
   */
  #held(thread, rss, now) {
    const said = thread.memory
    if (!said) return []
    const account = this.#accounts.get(thread)
    if (account?.times !== said.times) {
      this.#accounts.set(thread, { ...said, rss, at: now })
      return [{ thread, bytes: said.bytes, unheard: false }]
    }
    const busy = now - account.at >= BUSY
    return [{ thread, bytes: account.bytes + (busy ? Math.max(0, rss - account.rss) : 0), unheard: !busy }]
  }
}

/** @param {number} bytes */
const mib = (bytes) => Math.round(bytes / MIB)
