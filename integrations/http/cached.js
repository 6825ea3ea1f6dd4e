// Shares one answer among the requests of some seconds.

import { performance } from 'node:perf_hooks'

/**
 * A function that calls `get` at most once in `ms` milliseconds. A failure is not kept.
 * @template T
 * @param {() => Promise<T>} get
 * @param {number} ms
 * @returns {() => Promise<T>}
 */
export function cached(get, ms) {
  /** @type {Promise<T> | undefined} */
  let answer
  let until = 0
  return () => {
    if (answer && performance.now() < until) return answer
    const asked = get()
    answer = asked
    // Valid from its arrival on; until then all share the one that is asked for.
    until = Infinity
    asked.then(
      () => {
        if (answer === asked) until = performance.now() + ms
      },
      () => {
        if (answer === asked) answer = undefined
      },
    )
    return asked
  }
}
