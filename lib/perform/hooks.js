// The after… methods of job classes, and the release of their instances. They run once the outcome is decided, so they cannot
// change it: one that throws, rejects or exceeds its time limit causes a warning.

import { headline } from '../shared/serialize.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { waitAtMost } from '../shared/wait.js'
import { ARGS, ATTEMPT } from './columns.js'

/** @import { Hook, LoadedClass } from '../loading/class-loader.js' */
/** @import { SetupFile } from '../shared/setup-file.js' */
/** @import { Attempt } from './runner.js' */

/** Milliseconds that an after… method or backoff() may take. */
const HOOK_TIMEOUT = 5000

export class Hooks {
  #warn
  /** @type {Set<Promise<unknown>>} */
  #pending = new Set()

  /** @param {(attempt: Attempt, hook: Hook | 'release', problem: string, thrown: unknown) => void} warn */
  constructor(warn) {
    this.#warn = warn
  }

  /**
   * @param {Attempt} attempt
   * @param {Hook} hook
   * @param {unknown} subject  the result or the error
   */
  run(attempt, hook, subject) {
    if (!attempt.jobClass.hooks || typeof attempt.instance?.[hook] !== 'function') return
    const { instance, row, ctx } = attempt
    const running = this.#call(attempt, hook, () => instance[hook](subject, row[ARGS], ctx))
    attempt.hooks ??= []
    attempt.hooks.push(running)
    this.track(running)
  }

  /**
   * Releases the instance of an attempt that has settled, after its after… methods.
   * @param {Attempt} attempt
   * @param {NonNullable<SetupFile['release']>} release
   */
  release(attempt, release) {
    if (attempt.instance !== undefined) this.track(this.#release(attempt, release))
  }

  get isRunning() {
    return this.#pending.size > 0
  }

  /** Resolves when all have ended, within HOOK_TIMEOUT. */
  async done() {
    await waitAtMost(Promise.all(this.#pending), HOOK_TIMEOUT)
  }

  /**
   * @param {Attempt} attempt
   * @param {NonNullable<SetupFile['release']>} release
   */
  async #release(attempt, release) {
    // The caller starts the after… methods next.
    await undefined
    await Promise.all(attempt.hooks ?? [])
    await this.#call(attempt, 'release', () => release(attempt.instance, attempt.ctx))
  }

  /** @param {Promise<unknown>} running  never rejects */
  track(running) {
    this.#pending.add(running)
    running.then(() => this.#pending.delete(running))
  }

  /**
   * @param {Attempt} attempt
   * @param {Hook | 'release'} what
   * @param {() => unknown} call
   */
  async #call(attempt, what, call) {
    try {
      await withHookTimeout(call)
    } catch (thrown) {
      this.#warn(attempt, what, headline(thrown), thrown)
    }
  }
}

/**
 * Calls a method of the job class other than perform; rejects if it takes longer than HOOK_TIMEOUT.
 * @param {() => unknown} call
 */
async function withHookTimeout(call) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const timeout = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected to end within ${HOOK_TIMEOUT} ms, is still running`)), HOOK_TIMEOUT)
  })
  try {
    return await Promise.race([call(), timeout])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * The delay that the class's own backoff() gives; null if it is not a number of seconds or takes too long.
 * @param {Attempt} attempt
 * @param {NonNullable<LoadedClass['backoff']>} backoff
 * @param {unknown} error
 * @param {(problem: string, thrown?: unknown) => void} warn
 * @returns {Promise<number | null>}
 */
export async function delayOf({ instance, row }, backoff, error, warn) {
  try {
    const seconds = await withHookTimeout(() => backoff.call(instance, row[ATTEMPT], error))
    if (typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds)) return seconds
    warn(`expected seconds of 0 or more, got ${headline(seconds)}`)
  } catch (thrown) {
    warn(headline(thrown), thrown)
  }
  return null
}
