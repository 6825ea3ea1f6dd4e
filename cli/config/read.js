// Imports the config file and checks what only the command line uses; the engine checks its own options.

import path from 'node:path'
import { EramError } from '../../index.js'
import { importProgramFile } from '../../lib/loading/index.js'
import { shorten } from '../../lib/shared/text.js'

/** @import { ConfigContext, EramConfig } from '../../index.js' */

/**
 * A config, read.
 * @typedef {object} Config
 * @property {string} file
 * @property {string} folder  that of the file
 * @property {string[]} jobs  patterns
 * @property {{ port?: number, host?: string }} http
 * @property {import('../../index.js').StartOptions} start  the options of the engine
 */

/** What a function may return that is not a config: nothing. */
const EXPORT = 'an object as its default export, or a function that returns one'

/**
 * @param {string} file  its absolute path
 * @param {ConfigContext} context
 * @returns {Promise<Config>}
 */
export async function readConfig(file, context) {
  const exported = await exportOf(file)
  const config = typeof exported === 'function' ? await called(file, exported, context) : exported
  if (typeof config !== 'object' || config === null || Array.isArray(config)) throw wrong(file, EXPORT, config)
  const { jobs = [], http = {}, setup, ...start } = /** @type {EramConfig} */ (config)
  checkJobs(file, jobs)
  checkHttp(file, http)
  const folder = path.dirname(file)
  return { file, folder, jobs: [...jobs], http, start: setup === undefined ? start : { ...start, setup: absolute(setup, folder) } }
}

/** @param {string} file @returns {Promise<unknown>} */
async function exportOf(file) {
  const read = await importProgramFile(file)
  if ('problem' in read) {
    if (read.cause instanceof EramError) throw read.cause
    throw new EramError('ERAM_LOAD', `${file}: expected a config that can be imported, got ${read.problem}${typeScript(read)}`, {
      cause: read.cause,
    })
  }
  const { exports } = read
  const whole = exports.default
  // What a compiler made of an ES module has its default export within that of CommonJS.
  const value = whole?.__esModule && 'default' in whole ? whole.default : whole
  if (value === undefined) throw wrong(file, EXPORT, `only ${Object.keys(exports).join(', ') || 'nothing'}`)
  return value
}

/**
 * What helps to import TypeScript.
 * @param {{ typescript: boolean }} read
 */
export function typeScript({ typescript }) {
  return typescript ? '; Node.js 22.18 and later strip types themselves; otherwise npm install --save-dev tsx, and pass --import tsx' : ''
}

/** @param {string} file @param {Function} make @param {ConfigContext} context */
async function called(file, make, context) {
  try {
    return await make(context)
  } catch (cause) {
    if (cause instanceof EramError) throw cause
    const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause)
    throw new EramError('ERAM_CONFIG', `${file}: expected its function to return a config, got ${message}`, { cause })
  }
}

/** @param {string} file @param {unknown} jobs */
function checkJobs(file, jobs) {
  if (Array.isArray(jobs) && jobs.every((each) => typeof each === 'string' && each !== '')) return
  throw wrong(`${file}: jobs`, "an array of patterns, such as ['jobs/*.js']", jobs)
}

/** @param {string} file @param {unknown} http */
function checkHttp(file, http) {
  if (typeof http !== 'object' || http === null || Array.isArray(http)) throw wrong(`${file}: http`, 'an object { port, host }', http)
  const unknown = Object.keys(http).find((key) => !['port', 'host'].includes(key))
  if (unknown !== undefined) throw wrong(`${file}: http`, 'only port, host', unknown)
  const { port, host } = /** @type {Record<string, unknown>} */ (http)
  if (host !== undefined && port === undefined) throw wrong(`${file}: http.port`, 'a port beside host', port)
}

/** @param {NonNullable<EramConfig['setup']>} setup @param {string} folder @returns {EramConfig['setup']} */
function absolute(setup, folder) {
  if (Array.isArray(setup)) return setup.map((each) => oneAbsolute(each, folder))
  return oneAbsolute(/** @type {string | URL} */ (setup), folder)
}

/** @param {string | URL} file @param {string} folder */
function oneAbsolute(file, folder) {
  return typeof file === 'string' && !file.startsWith('file:') ? path.resolve(folder, file) : file
}

/** @param {string} subject @param {string} expected @param {unknown} got */
function wrong(subject, expected, got) {
  const shown =
    typeof got === 'string'
      ? shorten(got)
      : got === null
        ? 'null'
        : Array.isArray(got)
          ? 'an array'
          : typeof got === 'object'
            ? 'an object'
            : typeof got
  return new EramError('ERAM_CONFIG', `${subject}: expected ${expected}, got ${shown}`)
}
