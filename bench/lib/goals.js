// Rows of the tables, and whether goals are reached: a median against a number, or against the best of other rows in the same runs.
import { isOther } from '../competitors/index.js'
import { format } from './stats.js'

/** @import { As } from '../competitors/index.js' */
/** @import { Bound, Entry, Goal, Row } from '../workloads/index.js' */
/** @import { Summary } from './stats.js' */
/** @typedef {{ row: Row, figures: Record<string, Summary> }} Measured */
/** @typedef {{ what: string, figure: number | null, bound: string | null, reached: boolean | null, why?: string }} GoalResult  reached: null if not measured */

/** @param {Entry} entry @param {{ as?: As, in?: string, of?: string }} [what] `of`: shown after a comma @returns {Row} */
export function rowOf({ name, competitor }, { as, of = as, ...what } = {}) {
  const title = of === undefined || name === 'raw' ? competitor.name : `${competitor.name}, ${of}`
  return { name: title, competitor: name, store: competitor.store, as, ...what }
}

/** Unique in a workload. @param {Row} row */
export const titleOf = ({ name, in: within }) => (within === undefined ? name : `${within}, ${name}`)

/** Whether a row is of another job queue. @param {Row} row @param {{ as?: As, store?: string }} [which] default: any */
export function isOtherRow({ competitor, ...row }, { as, store } = {}) {
  return competitor !== undefined && isOther(competitor) && (as ?? row.as) === row.as && (store ?? row.store) === row.store
}

/** @param {{ as?: As, store?: string }} [which] @returns {(row: Row) => boolean} */
export const others = (which) => (row) => isOtherRow(row, which)

/** @param {string} name of competitors/ @returns {(row: Row) => boolean} */
export const the = (name) => (row) => row.competitor === name

/** @param {Goal} goal @param {Measured[]} rows @returns {GoalResult} */
export function judge(goal, rows) {
  const { what, of, key } = goal
  const mine = rows.find(({ row }) => row.name === of && (goal.in === undefined || row.in === goal.in))
  const figure = mine?.figures[key]?.median ?? null
  const limit = bound(goal, mine?.row.in, rows)
  if (!mine || figure === null) return { what, figure: null, bound: limit?.words ?? null, reached: null, why: `${of} was not measured` }
  if (limit === null) return { what, figure, bound: null, reached: null, why: 'there was nothing to compare with' }
  return { what, figure, bound: limit.words, reached: goal.least === undefined ? figure <= limit.value : figure >= limit.value }
}

/** @param {Goal} goal @param {string | undefined} within the case @param {Measured[]} rows */
function bound({ least, most, key }, within, rows) {
  const given = /** @type {Bound} */ (least ?? most)
  const sign = least === undefined ? '≤' : '≥'
  if (typeof given === 'number') return { value: given, words: `${sign} ${format(given)}` }
  const compared = rows.flatMap(({ row, figures: { [key]: figure } }) =>
    row.in === within && given.among(row) && figure ? [{ name: row.name, figure: figure.median }] : [],
  )
  // The best is the hardest to match.
  const [best] = compared.sort((a, b) => (least === undefined ? a.figure - b.figure : b.figure - a.figure))
  if (!best) return null
  const value = given.times * best.figure
  const times = given.times === 1 ? '' : `${given.times} × `
  return { value, words: `${sign} ${format(value)} (${times}${format(best.figure)} of ${best.name})` }
}

/** @param {GoalResult} result */
export function sentence({ what, figure, bound, reached, why }) {
  const sign = reached === null ? '–' : reached ? '✔' : '✖'
  return `${sign} ${what}: ${figure === null ? '' : `${format(figure)}, `}${why === undefined ? bound : `not measured: ${why}`}`
}
