// The values at paths of args and meta that a list shows beside each job, such as args.user_id.

import { toJson } from '../shared/json.js'
import { invalidOption, isRecord } from '../shared/validate.js'

/** @import { EngineHost } from './operation.js' */

/** Paths at once. */
const MOST = 10
/** Characters of a value as JSON. */
const LONGEST = 200
const SUBJECT = 'jobs.search: columns'
const PART = /(?:^|\.)(?:"((?:[^"\\]|\\["\\])+)"|([^."\s]+))/y

/** @typedef {any} Json */

/**
 * The parts of paths: args."first name".0 is args, first name, 0.
 * @param {unknown} given
 * @returns {string[][]}
 */
export function readColumns(given) {
  const paths = Array.isArray(given) ? given : [given]
  if (paths.length <= MOST) return paths.map(partsOf)
  throw invalidOption(SUBJECT, `at most ${MOST} paths`, paths.length)
}

/** @param {unknown} path */
function partsOf(path) {
  /** @type {string[]} */
  const parts = []
  const text = typeof path === 'string' && !path.startsWith('.') ? path : ''
  PART.lastIndex = 0
  for (let found = PART.exec(text); found; found = PART.exec(text)) {
    const [, quoted, plain = ''] = found
    parts.push(quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1'))
    if (PART.lastIndex === text.length) break
  }
  const isWhole = text !== '' && PART.lastIndex === text.length
  if (isWhole && parts.length > 1 && (parts[0] === 'args' || parts[0] === 'meta')) return parts
  throw invalidOption(SUBJECT, 'paths such as args.user_id or meta.tenant', path)
}

/**
 * Gives each job the values at paths, as a piece of its args and meta: what is hidden or redacted there is so here.
 * @param {EngineHost} engine
 * @param {{ jobs: { id: number, columns?: Json }[] }} found
 * @param {string[][]} paths
 */
export async function addColumns(engine, found, paths) {
  const ids = found.jobs.map(({ id }) => id)
  if (ids.length === 0) return
  const rows = await engine.call('jobs', 'list', toJson({ filter: { ids }, limit: ids.length }, SUBJECT))
  const byId = new Map(rows.map((/** @type {Json} */ row) => [row.id, row]))
  for (const job of found.jobs) {
    const row = byId.get(job.id)
    job.columns = {}
    // One that was deleted meanwhile has none.
    if (row) for (const path of paths) copyAt(job.columns, row, path)
  }
}

/** @param {Json} to @param {Json} from @param {string[]} path */
function copyAt(to, from, [key = '', ...rest]) {
  // A number with all its digits has no members.
  if (!(Array.isArray(from) || isPlain(from)) || !Object.hasOwn(from, key)) return
  const value = from[key]
  if (rest.length === 0) {
    if (!Object.hasOwn(to, key)) define(to, key, shortened(value))
    return
  }
  if (!Object.hasOwn(to, key) || !isPlain(to[key])) define(to, key, {})
  copyAt(to[key], value, rest)
}

/** @param {Json} value */
const isPlain = (value) => isRecord(value) && Object.getPrototypeOf(value) === Object.prototype

/** Also a member called __proto__. @param {object} to @param {string} key @param {Json} value */
function define(to, key, value) {
  Object.defineProperty(to, key, { value, enumerable: true, configurable: true, writable: true })
}

/** A value that is long as a text says how long. @param {Json} value @returns {Json} */
function shortened(value) {
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value
  if (Array.isArray(value)) return JSON.stringify(value).length > LONGEST ? `[${value.length} items]` : value
  return isPlain(value) && JSON.stringify(value).length > LONGEST ? `{${Object.keys(value).length} members}` : value
}
