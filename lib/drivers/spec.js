// Reads the option `driver`: which library, and whether it is an instance, a config, or a file that exports an instance.

import { EramError } from '../shared/errors.js'
import { filePath } from '../shared/file-path.js'
import { toJson } from '../shared/json.js'
import { invalidOption, isObject } from '../shared/validate.js'
import { isInstance } from './exported.js'
import { libraries } from './libraries/index.js'

/** @import { NamedLibrary } from './libraries/index.js' */

/**
 * A driver as JSON, which threads can open.
 * @typedef {object} DriverSpec
 * @property {string} type
 * @property {Record<string, unknown>} [config]
 * @property {string} [filename]
 * @property {string} [export]
 * @property {string} [from]  a file of the user's project, from which libraries are imported
 * @property {boolean} [enqueues]  custom: it has an enqueue of its own
 */

/**
 * @typedef {object} ParsedDriver
 * @property {NamedLibrary | undefined} library  none: custom
 * @property {DriverSpec | undefined} spec  none: a live instance alone
 * @property {any} instance
 * @property {string | undefined} url
 * @property {boolean} bare  a URL alone, which needs the library only for jobs with a transaction
 */

const KEYS = ['type', 'config', 'filename', 'export', 'instance', 'url']
const INTERNAL = ['from', 'enqueues']
const FORMS = '{ url }, { type, config }, { type, filename, export }, { type, instance } or a live instance'
const TO_THREADS =
  'job threads get the config as JSON: name a file that exports the instance, driver: { type, filename, export }, or pass the instance itself, for jobs on the main thread'

/** @param {unknown} driver @returns {ParsedDriver} */
export function readDriver(driver) {
  const owner = libraries.find((each) => driver && each.source.isInstance(driver))
  if (owner) return { library: owner, spec: undefined, instance: driver, url: undefined, bare: false }

  // A text is not shown: it may be a connection string in any form.
  if (typeof driver === 'string') throw new EramError('ERAM_CONFIG', `driver: expected ${FORMS}, got a text; pass it as { url }`)
  if (!isObject(driver)) throw invalidOption('driver', FORMS, driver)
  const given = /** @type {Record<string, unknown>} */ (driver)
  const keys = Object.keys(given).filter((key) => given[key] !== undefined && !INTERNAL.includes(key))
  if ('url' in given && keys.length === 0) {
    throw invalidOption('driver.url', 'a connection string', undefined, process.env.DATABASE_URL ? undefined : 'DATABASE_URL is not set')
  }
  for (const key of keys) if (!KEYS.includes(key)) throw invalidOption('driver', `only ${KEYS.join(', ')}`, key)
  const { type, url, instance, ...rest } = given
  if (url !== undefined && (typeof url !== 'string' || url === '')) throw invalidOption('driver.url', 'a connection string', url)
  if (url !== undefined && keys.length === 1) {
    // A URL alone is opened with pg.
    const spec = { type: 'pg', config: { connectionString: url } }
    return { library: libraries.find((each) => each.name === 'pg'), spec, instance, url, bare: true }
  }
  const library = libraries.find((each) => each.name === type)
  if (!library && type !== 'custom')
    throw invalidOption('driver.type', `one of ${[...libraries.map(({ name }) => name), 'custom'].join(', ')}`, type)
  if (instance !== undefined && library && !isInstance(library, instance)) {
    throw invalidOption('driver.instance', `a ready ${library.name} instance`, instance)
  }
  const alone = instance !== undefined && rest.config === undefined && rest.filename === undefined
  return { library, spec: alone ? undefined : inJson({ type: /** @type {string} */ (type), ...rest }, library), instance, url, bare: false }
}

/**
 * A config with certificates and keys as texts, which a Buffer is not in JSON.
 * @param {any} config
 * @param {number} [levels]
 * @returns {any}
 */
export function withTexts(config, levels = 8) {
  if (config instanceof Uint8Array) return Buffer.from(config).toString('utf8')
  if (levels === 0 || !isObject(config) || ![Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(config))) return config
  if (Array.isArray(config)) return config.map((value) => withTexts(value, levels - 1))
  // Also what is hidden: pg hides the key of an ssl object that it has used.
  return Object.fromEntries(Object.getOwnPropertyNames(config).map((key) => [key, withTexts(Reflect.get(config, key), levels - 1)]))
}

/** @param {Record<string, any> & { type: string }} spec @param {NamedLibrary | undefined} library @returns {DriverSpec} */
function inJson({ type, config, filename, export: name, ...internal }, library) {
  if (config !== undefined && !isObject(config)) throw invalidOption('driver.config', 'an object', config)
  if (name !== undefined && typeof name !== 'string') throw invalidOption('driver.export', 'the name of an export', name)
  if (filename === undefined && library?.source.needsFile) {
    const why = `${library.name} cannot be made from JSON: ${library.source.needsFile}`
    throw invalidOption('driver.filename', 'a file that exports the instance', filename, why)
  }
  if (name !== undefined && filename === undefined) throw invalidOption('driver.filename', `the file that exports ${name}`, filename)
  const path = filename === undefined && library ? undefined : filePath(filename, 'driver.filename', 'ERAM_CONFIG')
  try {
    if (path === undefined) library?.source.check?.(config ?? {}, 'driver.config')
    return JSON.parse(toJson({ ...internal, type, config: withTexts(config), filename: path, export: name }, 'driver', 'ERAM_CONFIG'))
  } catch (error) {
    throw error instanceof EramError ? new EramError('ERAM_CONFIG', `${error.message}; ${TO_THREADS}`, { cause: error.cause }) : error
  }
}
