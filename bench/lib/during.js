// The same call over and over, by several callers at once, for some time.

/**
 * @param {number} seconds
 * @param {{ callers: number, jobs: number, call: (caller: number) => Promise<unknown> }} what  `jobs` are done by each call
 * @returns {Promise<{ jobs: number, ms: number }>}
 */
export async function during(seconds, { callers, jobs, call }) {
  const began = performance.now()
  const end = began + seconds * 1000
  let calls = 0
  const caller = async (/** @type {number} */ number) => {
    while (performance.now() < end) {
      await call(number)
      calls += 1
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)))
  return { jobs: calls * jobs, ms: performance.now() - began }
}
