// Drivers as EramEngine.start() takes them: a live instance, { url }, { type, config }, { type, filename, export } or a custom
// file. From them come the engine's connection string, and in each environment a connection for jobs with `transaction: true`.

import { toJson } from '../args.js'
import { EramError, shown } from '../errors.js'
import { filePath } from '../files.js'
import { custom } from './custom.js'
import { loadFile, loadLibrary } from './load.js'
import { isObject } from './shape.js'

/** @import { Library } from './index.js' */

/**
 * What a library can do when it is named in `driver:`.
 * @typedef {object} Source
 * @property {(value: any) => boolean} isInstance a pool, data source, … ready for use
 * @property {(instance: any) => Record<string, unknown>} settings what an instance was made from
 * @property {(config: any, subject: string) => string} url
 * @property {(config: any, load: (name: string) => Promise<any>) => Promise<any>} connect makes an instance
 * @property {(config: any, subject: string) => void} [check] refuses what JSON would not
 * @property {boolean} portable whether settings() can be handed to another thread
 * @property {(instance: any) => Promise<unknown>} [ready] for an instance that was made elsewhere
 * @property {(instance: any, fn: (tx: any) => Promise<unknown>) => Promise<any>} transaction
 * @property {(instance: any) => Promise<unknown>} close
 */

/**
 * @typedef {object} Opened
 * @property {string} name
 * @property {unknown} root the pool, data source, …
 * @property {<T>(fn: (tx: any) => T | Promise<T>) => Promise<T>} transaction
 * @property {() => Promise<void>} close
 */

/** @typedef {{ type?: string, config?: Record<string, unknown>, filename?: string, export?: string, from?: string }} Spec */
/** @typedef {Library & { source: Source }} Named */
/** @typedef {{ instance: any, library: Named } | { spec: Spec, library: Named | undefined }} Read without a library: custom */

const KEYS = ['type', 'config', 'filename', 'export', 'from']
const FORMS = '{ url }, { type, config }, { type, filename, export } or a live instance'
const TO_THREADS =
  'job threads get the config as JSON: name a file that exports the instance, driver: { type, filename, export }, or pass the instance itself, for jobs on the main thread'

/** @param {Library[]} libraries @param {unknown} driver @returns {Promise<string>} */
export async function urlOf(libraries, driver) {
  const read = readDriver(libraries, driver)
  if ('instance' in read) return read.library.source.url(read.library.source.settings(read.instance), 'driver')
  const { spec, library } = read
  if (!library) return custom.url(spec)
  if (!spec.filename) return library.source.url(spec.config ?? {}, 'driver.config')
  const instance = await exported(spec, library)
  return library.source.url(library.source.settings(instance), `driver.filename: ${spec.filename}`)
}

/** @param {Library[]} libraries @param {unknown} driver @returns {Spec | null} */
export function driverAsJson(libraries, driver) {
  const read = readDriver(libraries, driver)
  const from = process.argv[1]
  if ('spec' in read) return { from, ...read.spec }
  const { source, name } = read.library
  if (!source.portable) return null
  try {
    return { type: name, config: JSON.parse(toJson(source.settings(read.instance), 'driver')), from }
  } catch {
    return null
  }
}

/** @param {Library[]} libraries @param {unknown} driver @returns {Promise<Opened>} */
export async function openDriver(libraries, driver) {
  const read = readDriver(libraries, driver)
  if ('instance' in read) {
    const { library, instance } = read
    // Somebody else's: it is not ours to close.
    return opened(library, instance, async () => {})
  }
  const { spec, library } = read
  if (!library) return custom.open(spec)
  const { source } = library
  if (spec.filename) {
    const instance = await exported(spec, library)
    await source.ready?.(instance)
    return opened(library, instance, () => source.close(instance))
  }
  const instance = await source.connect(spec.config ?? {}, (name) => loadLibrary(name, spec.from))
  return opened(library, instance, () => source.close(instance))
}

/**
 * @param {Library & { source: Source }} library
 * @param {any} root
 * @param {() => Promise<unknown>} close
 * @returns {Opened}
 */
function opened({ name, source }, root, close) {
  return {
    name,
    root,
    transaction: (fn) => source.transaction(root, async (tx) => fn(tx)),
    close: async () => {
      await close()
    },
  }
}

/** @param {Library[]} libraries @param {unknown} driver @returns {Read} */
function readDriver(libraries, driver) {
  const named = /** @type {Named[]} */ (libraries.filter((each) => each.source))
  const owner = isObject(driver) ? named.find((each) => each.source.isInstance(driver)) : undefined
  if (owner) return { instance: driver, library: owner }

  if (!isObject(driver)) throw refusal('driver', FORMS, driver)
  const given = /** @type {Record<string, unknown>} */ (driver)
  /** @type {Record<string, unknown>} */
  const spec = Object.hasOwn(given, 'url') && given.type === undefined ? fromUrl(given) : given
  for (const key of Object.keys(spec)) if (!KEYS.includes(key)) throw refusal('driver', `only ${KEYS.slice(0, -1).join(', ')}`, key)
  const { type, config, filename } = spec
  const library = named.find((each) => each.name === type)
  if (!library && type !== 'custom')
    throw refusal('driver.type', `one of ${[...named.map((each) => each.name), 'custom'].join(', ')}`, type)
  if (config !== undefined && !isObject(config)) throw refusal('driver.config', 'an object', config)
  const path = filename === undefined && library ? undefined : filePath(filename, 'driver.filename', 'ERAM_CONFIG')
  return { spec: inJson({ ...spec, filename: path }, library), library }
}

/**
 * { url } alone is a driver as well, through pg.
 * @param {Record<string, unknown>} driver
 */
function fromUrl({ url, ...rest }) {
  if (typeof url !== 'string' || url === '') throw refusal('driver.url', 'a connection string', url)
  return { ...rest, type: 'pg', config: { connectionString: url } }
}

/** @param {Spec} spec @param {Named | undefined} library @returns {Spec} */
function inJson(spec, library) {
  try {
    library?.source.check?.(spec.config ?? {}, 'driver.config')
    return JSON.parse(toJson(spec, 'driver', 'ERAM_CONFIG'))
  } catch (error) {
    throw error instanceof EramError ? new EramError('ERAM_CONFIG', `${error.message}; ${TO_THREADS}`, { cause: error.cause }) : error
  }
}

/**
 * The instance that a file exports: under the given name, as default, or as the only one of its kind. A function is called
 * with the config to make it.
 * @param {Spec} spec
 * @param {Library & { source: Source }} library
 */
async function exported(spec, { name, source }) {
  const subject = `driver.filename: ${spec.filename}`
  const exports = await loadFile(/** @type {string} */ (spec.filename), 'driver.filename')
  const whole = { ...exports.default, ...exports }
  const candidates = spec.export ? [whole[spec.export]] : Object.values({ default: exports.default, ...whole })
  const found = candidates.find((value) => value && source.isInstance(value))
  if (found) return found
  const maker = spec.export ? whole[spec.export] : exports.default
  const made = typeof maker === 'function' ? await maker(spec.config) : undefined
  if (made && source.isInstance(made)) return made
  const names = Object.keys(exports).join(', ') || 'nothing'
  throw new EramError(
    'ERAM_DRIVER',
    `${subject}: expected ${spec.export ?? 'an export'} to be a ready ${name} instance or a function that makes one; it exports ${names}`,
  )
}

/** @param {string} subject @param {string} expected @param {unknown} got */
function refusal(subject, expected, got) {
  return new EramError('ERAM_CONFIG', `${subject}: expected ${expected}, got ${shown(got)}`)
}
