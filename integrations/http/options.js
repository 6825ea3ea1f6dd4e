// Checks the options of handler() and serve().

import { EramEngine, EramError } from 'eramjs'

/** @import { PrometheusOptions } from 'eramjs' */
/** @import { HandlerOptions } from './index.js' */

/** The paths, unless options say otherwise. */
export const PATHS = Object.freeze({ health: '/health', ready: '/ready', queues: '/queues', metrics: '/metrics' })

/** @typedef {keyof typeof PATHS} PathName */

const HANDLER = ['paths', 'queues', 'prometheus', 'authorize']
export const SERVE = [...HANDLER, 'port', 'host']

/** @param {unknown} path */
export function isPath(path) {
  return typeof path === 'string' && /^\/[^?#]*[^?#/]$/.test(path)
}

/**
 * @param {string} subject
 * @param {string} expected
 * @param {unknown} got
 */
export function invalid(subject, expected, got) {
  const shown = typeof got === 'function' ? 'a function' : (JSON.stringify(got) ?? String(got))
  return new EramError('ERAM_CONFIG', `${subject}: expected ${expected}, got ${shown.slice(0, 200)}`)
}

/**
 * @param {string} caller
 * @param {unknown} engine
 * @param {HandlerOptions} options
 * @param {string[]} [known]
 */
export function checked(caller, engine, options, known = HANDLER) {
  checkedEngine(caller, engine)
  for (const key of Object.keys(options)) if (!known.includes(key)) throw invalid(caller, `options among ${known.join(', ')}`, key)
  const { queues = true, prometheus = true, authorize } = options
  if (typeof queues !== 'boolean') throw invalid(`${caller}.queues`, 'true or false', queues)
  if (typeof prometheus !== 'boolean' && (typeof prometheus !== 'object' || prometheus === null)) {
    throw invalid(`${caller}.prometheus`, 'true, false or an object', prometheus)
  }
  if (authorize !== undefined && typeof authorize !== 'function') throw invalid(`${caller}.authorize`, 'a function', authorize)
  /** @type {PrometheusOptions | undefined} */
  const metrics = prometheus === true ? {} : prometheus || undefined
  return { queues, metrics, authorize, paths: pathsOf(caller, options.paths) }
}

/**
 * @param {string} caller
 * @param {HandlerOptions['paths']} given
 * @returns {Record<PathName, string>}
 */
function pathsOf(caller, given = {}) {
  for (const [name, path] of Object.entries(given)) {
    if (!Object.hasOwn(PATHS, name)) throw invalid(`${caller}.paths`, `names among ${Object.keys(PATHS).join(', ')}`, name)
    if (path !== undefined && !isPath(path)) throw invalid(`${caller}.paths.${name}`, 'a path such as /health', path)
  }
  const paths = { ...PATHS, ...Object.fromEntries(Object.entries(given).filter(([, path]) => path !== undefined)) }
  if (new Set(Object.values(paths)).size < Object.keys(paths).length) throw invalid(`${caller}.paths`, 'paths that differ', given)
  return paths
}

/**
 * @param {string} caller
 * @param {unknown} engine
 */
export function checkedEngine(caller, engine) {
  // What NestJS injects stands for an engine that starts later.
  if (engine instanceof EramEngine || typeof (/** @type {Partial<EramEngine> | null} */ (engine)?.health) === 'function') return
  throw new EramError('ERAM_CONFIG', `${caller}: expected an engine as the first argument, got ${engine === null ? 'null' : typeof engine}`)
}
