// Work for a processor: so many rounds of arithmetic, the same for every contender, however many share the processor meanwhile.

/** So many rounds take about a millisecond on a processor that has nothing else to do: the best of some trials. */
export function roundsPerMs() {
  let best = 0
  for (let trial = 0; trial < 20; trial++) {
    const rounds = 1_000_000
    const began = performance.now()
    spin({ rounds })
    best = Math.max(best, rounds / (performance.now() - began))
  }
  return Math.round(best)
}

/**
 * Keeps the thread busy.
 * @param {{ rounds: number }} args of a job
 * @returns {number} so that it cannot be left out
 */
export function spin({ rounds }) {
  let state = 1
  for (let i = 0; i < rounds; i++) state = (Math.imul(state, 1103515245) + 12345) | 0
  return state
}
