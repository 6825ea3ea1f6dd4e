// Keeps the memory of the process under max_rss: when it is above, the job thread that holds most is ended. V8's own limits
// (resource_limits) do not count Buffers, which lie outside of its heap.
//
// Threads say themselves what they hold, in shared memory. One that is busy cannot: what the process has grown by since it was
// last heard is put to its account. Nobody is ended whose end would help little, for what remains is not the threads'.

import { getHeapStatistics } from 'node:v8'

/** @import { Spawned } from './spawned.js' */
/** @import { Threads } from './threads.js' */

/** @typedef {{ times: number, bytes: number, rss: number }} Account  what a thread said, and how large the process was then */

const MIB = 2 ** 20
const SAY_EVERY = 200
const LOOK_EVERY = 250
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
    const held = this.#threads.living.flatMap((thread) => this.#held(thread, rss))
    const now = performance.now()
    if (rss <= this.#most || now < this.#restUntil) return
    const [largest] = held.toSorted((a, b) => b.bytes - a.bytes)
    const are = `${mib(rss)} MiB of memory in use, max_rss is ${mib(this.#most)} MiB`
    if (largest && largest.bytes >= Math.max(rss - this.#most, this.#most * WORTH)) {
      this.#restUntil = now + REST
      return largest.thread.relieve(`was ended, for it holds about ${mib(largest.bytes)} MiB: ${are}`)
    }
    if (now - this.#complainedAt < COMPLAIN_EVERY) return
    this.#complainedAt = now
    const message = `memory: ${are}, and no job thread whose end would bring it below; the rest is the application's`
    this.#report({ event: 'engine:log', level: 'error', message })
  }

  /**
   * @param {Spawned} thread
   * @param {number} rss
   */
  #held(thread, rss) {
    const said = thread.memory
    if (!said) return []
    let account = this.#accounts.get(thread)
    if (account?.times !== said.times) {
      account = { ...said, rss }
      this.#accounts.set(thread, account)
    }
    return [{ thread, bytes: account.bytes + Math.max(0, rss - account.rss) }]
  }
}

/** @param {number} bytes */
const mib = (bytes) => Math.round(bytes / MIB)
