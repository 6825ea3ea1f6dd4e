// Reads what `driver:` was given: which library, and whether as an instance, as a config or as a file that exports one.

import { EramError, shown } from '../shared/errors.js'
import { filePath } from '../shared/files.js'
import { toJson } from '../shared/json.js'
import { isInstance } from './exported.js'
import { isObject } from './shape.js'

/** @import { Library } from './index.js' */
/** @import { Source } from './open.js' */

/**
 * A driver as JSON, from which a thread can open it.
 * @typedef {object} Spec
 * @property {string} type
 * @property {Record<string, unknown>} [config]
 * @property {string} [filename]
 * @property {string} [export]
 * @property {string} [from]  a file of the user's project
 * @property {boolean} [enqueues]  custom: it has an enqueue of its own
 */

/** @typedef {Library & { source: Source }} Named */
/**
 * @typedef {object} Read
 * @property {Named | undefined} library  none: custom
 * @property {Spec | undefined} spec  none: a live instance and nothing else
 * @property {any} instance
 * @property {string | undefined} url
 * @property {boolean} bare  a URL alone, which asks for no library before a job has a transaction
 */

const KEYS = ['type', 'config', 'filename', 'export', 'instance', 'url']
const INTERNAL = ['from', 'enqueues']
const FORMS = '{ url }, { type, config }, { type, filename, export }, { type, instance } or a live instance'
const TO_THREADS =
  'job threads get the config as JSON: name a file that exports the instance, driver: { type, filename, export }, or pass the instance itself, for jobs on the main thread'

/** @param {Library[]} libraries @param {unknown} driver @returns {Read} */
export function readDriver(libraries, driver) {
  const named = /** @type {Named[]} */ (libraries.filter((each) => each.source))
  const owner = named.find((each) => driver && each.source.isInstance(driver))
  if (owner) return { library: owner, spec: undefined, instance: driver, url: undefined, bare: false }

  if (!isObject(driver)) throw refusal('driver', FORMS, driver)
  const given = /** @type {Record<string, unknown>} */ (driver)
  const keys = Object.keys(given).filter((key) => !INTERNAL.includes(key))
  for (const key of keys) if (!KEYS.includes(key)) throw refusal('driver', `only ${KEYS.join(', ')}`, key)
  const { type, url, instance, ...rest } = given
  if (url !== undefined && (typeof url !== 'string' || url === '')) throw refusal('driver.url', 'a connection string', url)
  if (url !== undefined && keys.length === 1) {
    // That alone is a driver as well, through pg.
    const spec = { type: 'pg', config: { connectionString: url } }
    return { library: named.find((each) => each.name === 'pg'), spec, instance, url, bare: true }
  }
  const library = named.find((each) => each.name === type)
  if (!library && type !== 'custom') throw refusal('driver.type', `one of ${[...named.map(({ name }) => name), 'custom'].join(', ')}`, type)
  if (instance !== undefined && library && !isInstance(library, instance)) {
    throw refusal('driver.instance', `a ready ${library.name} instance`, instance)
  }
  const alone = instance !== undefined && rest.config === undefined && rest.filename === undefined
  return { library, spec: alone ? undefined : inJson({ type: /** @type {string} */ (type), ...rest }, library), instance, url, bare: false }
}

/** @param {Record<string, any> & { type: string }} spec @param {Named | undefined} library @returns {Spec} */
function inJson({ type, config, filename, export: name, ...internal }, library) {
  if (config !== undefined && !isObject(config)) throw refusal('driver.config', 'an object', config)
  if (name !== undefined && typeof name !== 'string') throw refusal('driver.export', 'the name of an export', name)
  if (filename === undefined && library?.source.needsFile) {
    const why = `${library.name} cannot be made of JSON: ${library.source.needsFile}`
    throw refusal('driver.filename', 'a file that exports the instance', filename, why)
  }
  if (name !== undefined && filename === undefined) throw refusal('driver.filename', `the file that exports ${name}`, filename)
  const path = filename === undefined && library ? undefined : filePath(filename, 'driver.filename', 'ERAM_CONFIG')
  try {
    if (path === undefined) library?.source.check?.(config ?? {}, 'driver.config')
    return JSON.parse(toJson({ ...internal, type, config, filename: path, export: name }, 'driver', 'ERAM_CONFIG'))
  } catch (error) {
    throw error instanceof EramError ? new EramError('ERAM_CONFIG', `${error.message}; ${TO_THREADS}`, { cause: error.cause }) : error
  }
}

/** @param {string} subject @param {string} expected @param {unknown} got @param {string} [hint] */
export function refusal(subject, expected, got, hint) {
  return new EramError('ERAM_CONFIG', `${subject}: expected ${expected}, got ${shown(got)}${hint ? `; ${hint}` : ''}`)
}
