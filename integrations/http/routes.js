// The paths, and what each answers.

import { EramError } from 'eramjs'
import { cached } from './cached.js'

/** @import { EngineHealth, EramEngine } from 'eramjs' */
/** @import { PathName } from './options.js' */

/** Milliseconds for which the load of queues is kept. */
const BACKLOG_AGE = 2000

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {unknown} body  JSON
 * @property {Record<string, string>} [headers]
 */

/** @type {Answer} */
export const NOT_FOUND = { status: 404, body: { error: 'ERAM_NOT_FOUND' } }

/** @typedef {(rest: string, query: URLSearchParams) => Promise<Answer>} Route  `rest`: what follows its path */

/**
 * @param {EramEngine} engine
 * @param {{ paths: Record<PathName, string>, queues: boolean }} options
 * @returns {(path: string) => ((query: URLSearchParams) => Promise<Answer>) | undefined}  undefined: no such path
 */
export function routesOf(engine, { paths, queues }) {
  const backlog = cached(() => engine.backlog(), BACKLOG_AGE)
  /** @param {'live' | 'ready'} fact @returns {Route} */
  const probe = (fact) => async (_, query) => {
    const health = await engine.health({ deep: query.get('deep') === '1' })
    return { status: health[fact] ? 200 : 503, body: namesAndNumbers(health) }
  }
  /** @type {[string, boolean, Route][]} */
  const routes = [
    [paths.health, false, probe('live')],
    [paths.ready, false, probe('ready')],
    ...(queues ? [/** @type {[string, boolean, Route]} */ ([paths.queues, true, (name) => load(backlog, name)])] : []),
  ]
  return (path) => {
    for (const [of, hasRest, route] of routes) {
      const rest = path === of ? '' : hasRest && path.startsWith(`${of}/`) ? path.slice(of.length + 1) : undefined
      if (rest !== undefined) return (query) => route(rest, query)
    }
    return undefined
  }
}

/**
 * @param {() => ReturnType<EramEngine['backlog']>} backlog
 * @param {string} encoded  the name of a queue, or ''
 * @returns {Promise<Answer>}
 */
async function load(backlog, encoded) {
  let all
  try {
    all = await backlog()
  } catch (error) {
    // Its text may name the database.
    return { status: 503, body: { error: error instanceof EramError ? error.code : 'ERAM_INTERNAL' } }
  }
  if (encoded === '') return { status: 200, body: { queues: all } }
  const name = decoded(encoded)
  const queue = all.find((each) => each.queue === name)
  return queue ? { status: 200, body: queue } : NOT_FOUND
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Health without the error of the database, whose text may name it. @param {EngineHealth} health */
function namesAndNumbers({ checks, ...facts }) {
  if (!checks.probe) return { ...facts, checks }
  const { ok, ms } = checks.probe
  return { ...facts, checks: { ...checks, probe: { ok, ms } } }
}
