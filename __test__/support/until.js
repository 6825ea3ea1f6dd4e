// Waits for a condition without guessing how long it takes. The limit only ends a run that has failed.
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Tries an assertion until it holds and returns what it returns. It fails with the assertion's own last error.
 * An assertion that returns `false` or `undefined` holds too: only throwing counts.
 *
 * @template T
 * @param {() => T | Promise<T>} assertion
 * @param {{ timeout?: number, interval?: number }} [options] milliseconds
 * @returns {Promise<Awaited<T>>}
 */
export async function until(assertion, { timeout = 60_000, interval = 20 } = {}) {
  const end = performance.now() + timeout
  for (;;) {
    try {
      return await assertion()
    } catch (error) {
      if (performance.now() >= end) throw error
    }
    await sleep(interval)
  }
}
