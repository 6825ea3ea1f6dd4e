// Checks the options of handler() and serve().

import { EramError } from 'eramjs'

/** @import { EramEngine } from 'eramjs' */
/** @import { HandlerOptions } from './index.js' */

/** The paths, unless options say otherwise. */
export const PATHS = Object.freeze({ health: '/health', ready: '/ready', queues: '/queues' })

/** @typedef {keyof typeof PATHS} PathName */

const HANDLER = ['paths', 'queues', 'authorize']
export const SERVE = [...HANDLER, 'port', 'host']

/**
 * @param {string} subject
 * @param {string} expected
 * @param {unknown} got
 */
export function invalid(subject, expected, got) {
  const shown = typeof got === 'function' ? 'a function' : (JSON.stringify(got) ?? String(got))
  return new EramError('ERAM_CONFIG', `${subject}: expected ${expected}, got ${shown}`)
}

/**
 * @param {string} caller
 * @param {unknown} engine
 * @param {HandlerOptions} options
 * @param {string[]} [known]
 */
export function checked(caller, engine, options, known = HANDLER) {
  if (typeof (/** @type {Partial<EramEngine> | null} */ (engine)?.health) !== 'function') {
    throw new EramError(
      'ERAM_CONFIG',
      `${caller}: expected an engine as the first argument, got ${engine === null ? 'null' : typeof engine}`,
    )
  }
  for (const key of Object.keys(options)) if (!known.includes(key)) throw invalid(caller, `options among ${known.join(', ')}`, key)
  const { queues = true, authorize } = options
  if (typeof queues !== 'boolean') throw invalid(`${caller}.queues`, 'true or false', queues)
  if (authorize !== undefined && typeof authorize !== 'function') throw invalid(`${caller}.authorize`, 'a function', authorize)
  return { queues, authorize, paths: pathsOf(caller, options.paths) }
}

/**
 * @param {string} caller
 * @param {HandlerOptions['paths']} given
 * @returns {Record<PathName, string>}
 */
function pathsOf(caller, given = {}) {
  for (const [name, path] of Object.entries(given)) {
    if (!Object.hasOwn(PATHS, name)) throw invalid(`${caller}.paths`, `names among ${Object.keys(PATHS).join(', ')}`, name)
    const isPath = typeof path === 'string' && /^\/[^?#]*[^?#/]$/.test(path)
    if (path !== undefined && !isPath) throw invalid(`${caller}.paths.${name}`, 'a path such as /health', path)
  }
  const paths = { ...PATHS, ...Object.fromEntries(Object.entries(given).filter(([, path]) => path !== undefined)) }
  if (new Set(Object.values(paths)).size < Object.keys(paths).length) throw invalid(`${caller}.paths`, 'paths that differ', given)
  return paths
}
