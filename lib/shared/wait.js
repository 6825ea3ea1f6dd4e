// Waiting with a limit.

import { clearTimeout, setTimeout } from './timers.js'

/** The longest delay in milliseconds that Node's timers take. */
export const MAX_TIMER = 2 ** 31 - 1

/**
 * Waits for a promise that never rejects, at most for this long.
 * @param {Promise<unknown>} promise
 * @param {number} ms
 */
export async function waitAtMost(promise, ms) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  const elapsed = new Promise((resolve) => {
    timer = setTimeout(resolve, Math.min(Math.max(ms, 0), MAX_TIMER))
  })
  await Promise.race([promise, elapsed])
  clearTimeout(timer)
}
