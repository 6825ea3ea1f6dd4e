// The paths, and what each answers.

import { EramError } from 'eramjs'
import { cached } from './cached.js'
import { CONTENT_TYPES, formatFor } from './formats.js'

/** @import { EngineHealth, EramEngine, PrometheusOptions } from 'eramjs' */
/** @import { PathName } from './options.js' */

/** Milliseconds for which the load of queues is kept. */
const BACKLOG_AGE = 2000

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {unknown} body  JSON; a text as it is if the headers have a type
 * @property {Record<string, string>} [headers]
 * @property {import('./stream.js').Stream} [stream]  sends the body instead
 */

/** @type {Answer} */
export const NOT_FOUND = { status: 404, body: { error: 'ERAM_NOT_FOUND' } }

/** @typedef {(rest: string, request: { query: URLSearchParams, accept: string | null }) => Promise<Answer>} Route  `rest`: what follows its path */
/** @typedef {{ paths: Record<PathName, string>, queues: boolean, metrics: PrometheusOptions | undefined }} RouteOptions */

/**
 * @param {EramEngine} engine
 * @param {RouteOptions} options
 * @returns {{ path: string, hasRest: boolean, route: Route }[]}
 */
export function routesOf(engine, { paths, queues, metrics }) {
  const backlog = cached(() => engine.backlog(), BACKLOG_AGE)
  /** @param {'live' | 'ready'} fact @returns {Route} */
  const probe =
    (fact) =>
    async (_, { query }) => {
      const health = await engine.health({ deep: query.get('deep') === '1' })
      return { status: health[fact] ? 200 : 503, body: namesAndNumbers(health) }
    }
  return [
    { path: paths.health, hasRest: false, route: probe('live') },
    { path: paths.ready, hasRest: false, route: probe('ready') },
    ...(queues ? [{ path: paths.queues, hasRest: true, route: (/** @type {string} */ name) => load(backlog, name) }] : []),
    ...(metrics ? [{ path: paths.metrics, hasRest: false, route: scrape(engine, metrics) }] : []),
  ]
}

/** @param {EramEngine} engine @param {PrometheusOptions} options @returns {Route} */
function scrape(engine, options) {
  return async (_, { accept }) => {
    const format = options.format ?? formatFor(accept)
    try {
      const body = await engine.prometheus({ ...options, format })
      return { status: 200, body, headers: { 'content-type': CONTENT_TYPES[format] } }
    } catch (error) {
      const code = codeOf(error)
      // Of other errors the text may name the database.
      return { status: 503, body: { error: code, ...(code === 'ERAM_CONFIG' && { message: /** @type {Error} */ (error).message }) } }
    }
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
    return { status: 503, body: { error: codeOf(error) } }
  }
  if (encoded === '') return { status: 200, body: { queues: all } }
  const name = decoded(encoded)
  const queue = all.find((each) => each.queue === name)
  return queue ? { status: 200, body: queue } : NOT_FOUND
}

/** @param {unknown} error */
function codeOf(error) {
  return error instanceof EramError ? error.code : 'ERAM_INTERNAL'
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
