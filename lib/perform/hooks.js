// The after… methods of job classes. They run once the outcome is decided, so they cannot change it: one that throws, rejects
// or exceeds its time limit causes a warning.

import { headline } from '../shared/serialize.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { ARGS } from './columns.js'

/** @import { Hook } from '../job/class-loader.js' */
/** @import { Attempt } from './runner.js' */

/** Milliseconds that an after… method or backoff() may take. */
const HOOK_TIMEOUT = 5000

export class Hooks {
  #warn
  /** @type {Set<Promise<void>>} */
  #pending = new Set()

  /** @param {(attempt: Attempt, hook: Hook, problem: string) => void} warn */
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
    const running = this.#call(attempt, hook, subject)
    this.#pending.add(running)
    running.then(() => this.#pending.delete(running))
  }

  /** Resolves when all have ended, within HOOK_TIMEOUT. */
  async done() {
    await Promise.all(this.#pending)
  }

  /**
   * @param {Attempt} attempt
   * @param {Hook} hook
   * @param {unknown} subject
   */
  async #call(attempt, hook, subject) {
    const { instance, row, ctx } = attempt
    try {
      await withHookTimeout(() => instance[hook](subject, row[ARGS], ctx))
    } catch (thrown) {
      this.#warn(attempt, hook, headline(thrown))
    }
  }
}

/**
 * Calls a method of the job class other than perform; rejects if it takes longer than HOOK_TIMEOUT.
 * @param {() => unknown} call
 */
export async function withHookTimeout(call) {
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
