// Whether a goal is reached: a median, against a number or against the best of others in the same runs.

/** @import { Bound, Goal, Row } from '../workloads/index.js' */
/** @typedef {{ row: Row, medians: Record<string, number | null> }} Measured */
/** @typedef {{ what: string, figure: number | null, bound: string | null, reached: boolean | null, why?: string }} Verdict  reached: null when it was not measured */

/**
 * @param {Goal} goal
 * @param {Measured[]} rows
 * @returns {Verdict}
 */
export function judge(goal, rows) {
  const { what, of, key } = goal
  const mine = rows.find(({ row }) => row.name === of && (goal.in === undefined || row.in === goal.in))
  const figure = mine?.medians[key] ?? null
  const at = bound(goal, mine?.row.in, rows)
  if (!mine || figure === null) return { what, figure: null, bound: at?.words ?? null, reached: null, why: `${of} was not measured` }
  if (at === null) return { what, figure, bound: null, reached: null, why: 'there was nobody to compare with' }
  return { what, figure, bound: at.words, reached: goal.least === undefined ? figure <= at.value : figure >= at.value }
}

/**
 * @param {Goal} goal
 * @param {string | undefined} within the case
 * @param {Measured[]} rows
 */
function bound({ least, most, key }, within, rows) {
  const given = /** @type {Bound} */ (least ?? most)
  const sign = least === undefined ? '≤' : '≥'
  if (typeof given === 'number') return { value: given, words: `${sign} ${short(given)}` }
  const others = rows.filter(({ row, medians }) => row.in === (given.in ?? within) && given.among(row) && typeof medians[key] === 'number')
  const [first, ...rest] = others
  if (!first) return null
  /** @param {Measured} it */
  const figure = (it) => /** @type {number} */ (it.medians[key])
  // The best is the hardest to match.
  const better = (/** @type {Measured} */ a, /** @type {Measured} */ b) =>
    least === undefined ? figure(a) < figure(b) : figure(a) > figure(b)
  const best = rest.reduce((best, it) => (better(it, best) ? it : best), first)
  const value = given.times * figure(best)
  return {
    value,
    words: `${sign} ${short(value)} (${given.times === 1 ? '' : `${given.times} × `}${short(figure(best))} of ${best.row.name})`,
  }
}

/** @param {number} value */
export const short = (value) => (Math.abs(value) >= 1000 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(3))))

/** @param {Verdict} verdict */
export function sentence({ what, figure, bound, reached, why }) {
  const sign = reached === null ? '–' : reached ? '✔' : '✖'
  return `${sign} ${what}: ${figure === null ? '' : `${short(figure)}, `}${why === undefined ? bound : `not measured: ${why}`}`
}
