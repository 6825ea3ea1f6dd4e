// Prepares and opens drivers, the option of EramEngine.start(). They give the engine's connection string, and in each isolate
// connections for jobs with `transaction: true`.

import { EramError } from '../shared/errors.js'
import { toJson } from '../shared/json.js'
import { withoutSecrets } from '../shared/text.js'
import { custom } from './custom.js'
import { exportedInstance } from './exported.js'
import { installed, loader } from './load.js'
import { readDriver, withTexts } from './spec.js'
import { SEPARATE_URL } from './tls.js'

/** @import { NamedLibrary } from './libraries/index.js' */
/** @import { Load } from './load.js' */
/** @import { DriverSpec } from './spec.js' */

/** @typedef {'read committed' | 'repeatable read' | 'serializable'} TransactionIsolation */
/** @typedef {{ isolation?: TransactionIsolation | null, timeout?: number | null }} TransactionOptions  timeout in milliseconds */

/**
 * How to open a library that `driver:` names.
 * @typedef {object} DriverSource
 * @property {(value: any) => boolean} isInstance  whether it is a pool, data source, … ready for use
 * @property {(value: any) => boolean} [accepts]  what else is an instance if the library is named
 * @property {(instance: any) => Record<string, any> | undefined} settings  what the instance was made from, if it shows them
 * @property {(config: any, subject: string) => string} url
 * @property {string} [needsFile]  why the library has no `connect`
 * @property {string[][]} packages  imported by `connect`; any one of each inner list
 * @property {(config: any, load: Load, size: number) => Promise<any>} [connect]  makes an instance, with `size` connections unless the config has another number
 * @property {(config: any, subject: string) => void} [check]  throws on configs that do not survive JSON
 * @property {boolean} portable  whether another thread can connect with settings()
 * @property {(instance: any) => Promise<unknown>} [ready]  initializes an instance that the user's file made
 * @property {(instance: any, fn: (tx: any) => Promise<unknown>, options?: TransactionOptions) => PromiseLike<unknown>} transaction
 *   commits when fn resolves, rolls back when it rejects. The caller sets the isolation level by a statement; the options are for
 *   libraries with time limits of their own
 * @property {(instance: any) => Promise<unknown>} close
 */

/**
 * @typedef {object} OpenedDriver
 * @property {string} name
 * @property {unknown} root  the pool, data source, …
 * @property {<T>(fn: (tx: any) => T | Promise<T>, options?: TransactionOptions) => Promise<T>} transaction
 * @property {((tx: any, job: object) => unknown) | undefined} [enqueue]  of a custom driver
 * @property {() => Promise<void>} close
 */

/**
 * A driver that was read and checked at the start of the engine.
 * @typedef {object} PreparedDriver
 * @property {string} url  where the engine connects
 * @property {DriverSpec | null} spec  for job threads; null for an instance that exists on this thread only
 * @property {boolean} enqueues  it is a custom driver with an enqueue of its own
 * @property {(size: number) => Promise<OpenedDriver>} open
 * @property {() => Promise<void>} close  closes what was made for the checks
 */

/**
 * Reads and checks a driver: that its library is installed, and that its file exports what it should.
 * @param {unknown} driver
 * @param {string} [own]  the engine's own connection string
 * @returns {Promise<PreparedDriver>}
 */
export async function prepareDriver(driver, own) {
  const given = readDriver(driver)
  const { library, instance, bare } = given
  const spec = given.spec && { from: process.argv[1], ...given.spec }
  const url = own ?? given.url
  if (!library) return custom.prepare(spec, instance, url)
  const { source } = library
  const rest = { enqueues: false, close: async () => {} }
  if (instance !== undefined) {
    return {
      ...rest,
      url: url ?? urlOfInstance(library, instance, 'driver'),
      spec: spec ?? specOf(library, instance),
      // The instance belongs to the application, which closes it.
      open: async () => wrap(library, instance, async () => {}),
    }
  }
  const { filename, config = {} } = /** @type {DriverSpec} */ (spec)
  if (filename === undefined) {
    if (!bare) for (const names of source.packages) installed(names, spec?.from)
    // A bare URL is read by pg too.
    const where = (bare ? own : url) ?? source.url(config, bare ? 'driver.url' : 'driver.config')
    return { ...rest, url: where, spec: spec ?? null, open: (size) => openDriver(spec, size) }
  }
  const { root, made } = await exportedInstance(/** @type {DriverSpec} */ (spec), library)
  // An exported instance may be in use elsewhere on this thread; one that the file made for the engine is not.
  const close = async () => {
    if (made) await source.close(root)
  }
  try {
    return {
      url: url ?? urlOfInstance(library, root, `driver.filename: ${filename}`),
      spec: spec ?? null,
      enqueues: false,
      open: () => openInstance(library, root, async () => {}),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Opens a driver from its JSON, for jobs with `transaction: true`. The caller closes it.
 * @param {unknown} driver
 * @param {number} size  connections
 * @returns {Promise<OpenedDriver>}
 */
export async function openDriver(driver, size) {
  const { library, spec = { type: 'custom' } } = readDriver(driver)
  if (!library) return custom.open(spec)
  const { source } = library
  if (spec.filename !== undefined) {
    const { root } = await exportedInstance(spec, library)
    return openInstance(library, root, () => source.close(root))
  }
  const root = await connected(source, spec, size)
  return wrap(library, root, () => source.close(root))
}

/** @param {DriverSource} source @param {DriverSpec} spec @param {number} size */
async function connected({ connect }, { config, from }, size) {
  try {
    return await connect?.(config ?? {}, loader(from), size)
  } catch (error) {
    // Parsers of URLs quote what they were given.
    throw withoutSecrets(error)
  }
}

/** @param {NamedLibrary} library @param {any} root @param {() => Promise<unknown>} close */
async function openInstance(library, root, close) {
  await library.source.ready?.(root)
  return wrap(library, root, close)
}

/**
 * @param {NamedLibrary} library
 * @param {any} root
 * @param {() => Promise<unknown>} close
 * @returns {OpenedDriver}
 */
function wrap({ name, source }, root, close) {
  return {
    name,
    root,
    async transaction(fn, options) {
      /** @type {any} */
      let result
      // Kept here, because some libraries do not return the result of the callback unchanged.
      await source.transaction(
        root,
        async (tx) => {
          result = await fn(tx)
        },
        options,
      )
      return result
    },
    close: async () => {
      await close()
    },
  }
}

/** @param {NamedLibrary} library @param {any} instance @param {string} subject @returns {string} */
function urlOfInstance({ name, source }, instance, subject) {
  const settings = source.settings(instance)
  if (settings !== undefined) return source.url(settings, subject)
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL
  throw new EramError(
    'ERAM_CONFIG',
    `${subject}: expected url in addition, because ${name} does not show where it connects; ${SEPARATE_URL}`,
  )
}

/**
 * The spec with which a thread can make an instance like this one; null if it cannot.
 * @param {NamedLibrary} library
 * @param {any} instance
 * @returns {DriverSpec | null}
 */
function specOf({ name, source }, instance) {
  if (!source.portable) return null
  try {
    return { type: name, config: JSON.parse(toJson(withTexts(source.settings(instance)), 'driver')), from: process.argv[1] }
  } catch {
    return null
  }
}
