// The after… methods of job classes. They run when the outcome is decided and on its way, so nothing they do can change it:
// one that throws, rejects or takes too long leaves a warning.

import { headline } from '../shared/serialize.js'
import { ARGS } from './columns.js'

/** @import { Attempt } from './runner.js' */
/** @typedef {'afterSuccess' | 'afterError' | 'afterDiscard' | 'afterAsync'} Hook */

export const HOOKS = /** @type {const} */ (['afterSuccess', 'afterError', 'afterDiscard', 'afterAsync'])

const PATIENCE = 5000

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
    if (!attempt.performer.hooks || typeof attempt.job?.[hook] !== 'function') return
    const running = this.#call(attempt, hook, subject)
    this.#pending.add(running)
    running.then(() => this.#pending.delete(running))
  }

  /** Resolves when none is running any more; it takes no longer than the longest may. */
  async done() {
    await Promise.all(this.#pending)
  }

  /**
   * @param {Attempt} attempt
   * @param {Hook} hook
   * @param {unknown} subject
   */
  async #call(attempt, hook, subject) {
    const { job, row, ctx } = attempt
    try {
      await within(() => job[hook](subject, row[ARGS], ctx))
    } catch (thrown) {
      this.#warn(attempt, hook, headline(thrown))
    }
  }
}

/**
 * Calls what the class offers beside perform, and waits for it only so long.
 * @param {() => unknown} call
 */
export async function within(call) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`expected to end within ${PATIENCE} ms, is still running`)), PATIENCE)
  })
  try {
    return await Promise.race([call(), late])
  } finally {
    clearTimeout(timer)
  }
}
