// Drivers as EramEngine.start() takes them. From them come the engine's connection string, and in each environment a
// connection for jobs with `transaction: true`.

import { EramError } from '../shared/errors.js'
import { toJson } from '../shared/json.js'
import { BESIDE } from './conninfo.js'
import { custom } from './custom.js'
import { exported } from './exported.js'
import { installed, loader } from './load.js'
import { readDriver } from './spec.js'

/** @import { Library } from './index.js' */
/** @import { Load } from './load.js' */
/** @import { Named, Spec } from './spec.js' */
/** @import { TransactionOptions } from '../perform/transactional.js' */

/**
 * What a library can do when it is named in `driver:`.
 * @typedef {object} Source
 * @property {(value: any) => boolean} isInstance a pool, data source, … ready for use
 * @property {(value: any) => boolean} [accepts] what else stands for one where the library is named
 * @property {(instance: any) => Record<string, any> | undefined} settings what it was made from, if it tells
 * @property {(config: any, subject: string) => string} url
 * @property {string} [needsFile] why there is no connect
 * @property {string[][]} packages what connect imports; of several in one place, any
 * @property {(config: any, load: Load, size: number) => Promise<any>} [connect] makes an instance, with so many connections unless the config says
 * @property {(config: any, subject: string) => void} [check] refuses what JSON would not
 * @property {boolean} portable whether settings() can be handed to another thread
 * @property {(instance: any) => Promise<unknown>} [ready] for an instance that was made elsewhere
 * @property {(instance: any, fn: (tx: any) => Promise<unknown>, options?: TransactionOptions) => PromiseLike<unknown>} transaction commits when fn resolves, rolls back when it rejects. Isolation is set by a statement, in one place for all libraries; a library is told what it must know itself
 * @property {(instance: any) => Promise<unknown>} close
 */

/**
 * @typedef {object} Opened
 * @property {string} name
 * @property {unknown} root the pool, data source, …
 * @property {<T>(fn: (tx: any) => T | Promise<T>, options?: TransactionOptions) => Promise<T>} transaction
 * @property {((tx: any, job: object) => unknown) | undefined} [enqueue] of a custom driver
 * @property {() => Promise<void>} close
 */

/**
 * A driver that has been read and checked where the engine starts.
 * @typedef {object} Prepared
 * @property {string} url where the engine connects
 * @property {Spec | null} spec for job threads; null for an instance that lives on this thread only
 * @property {boolean} enqueues it is a custom driver with an enqueue of its own
 * @property {(size: number) => Promise<Opened>} open
 * @property {() => Promise<void>} close what had to be made for the checks
 */

/**
 * @param {Library[]} libraries
 * @param {unknown} driver
 * @param {string} [own] the engine's own connection string
 * @returns {Promise<Prepared>}
 */
export async function prepare(libraries, driver, own) {
  const given = readDriver(libraries, driver)
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
      spec: spec ?? portable(library, instance),
      // Somebody else's: it is not ours to close.
      open: async () => opened(library, instance, async () => {}),
    }
  }
  const { filename, config = {} } = /** @type {Spec} */ (spec)
  if (filename === undefined) {
    if (!bare) for (const names of source.packages) installed(names, spec?.from)
    const where = url ?? source.url(config, 'driver.config')
    return { ...rest, url: where, spec: spec ?? null, open: (size) => open(libraries, spec, size) }
  }
  const { root, made } = await exported(/** @type {Spec} */ (spec), library)
  // An instance that the file exports may be in use elsewhere on this thread; one that was made for us is ours.
  const close = async () => {
    if (made) await source.close(root)
  }
  try {
    return {
      url: url ?? urlOfInstance(library, root, `driver.filename: ${filename}`),
      spec: spec ?? null,
      enqueues: false,
      open: () => readied(library, root, async () => {}),
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/**
 * Opens a driver from its JSON; what comes of it is ours to close.
 * @param {Library[]} libraries
 * @param {unknown} driver
 * @param {number} size connections
 * @returns {Promise<Opened>}
 */
export async function open(libraries, driver, size) {
  const { library, spec = { type: 'custom' } } = readDriver(libraries, driver)
  if (!library) return custom.open(spec)
  const { source } = library
  if (spec.filename !== undefined) {
    const { root } = await exported(spec, library)
    return readied(library, root, () => source.close(root))
  }
  const root = await /** @type {NonNullable<Source['connect']>} */ (source.connect)(spec.config ?? {}, loader(spec.from), size)
  return opened(library, root, () => source.close(root))
}

/** @param {Named} library @param {any} root @param {() => Promise<unknown>} close */
async function readied(library, root, close) {
  await library.source.ready?.(root)
  return opened(library, root, close)
}

/**
 * @param {Named} library
 * @param {any} root
 * @param {() => Promise<unknown>} close
 * @returns {Opened}
 */
function opened({ name, source }, root, close) {
  return {
    name,
    root,
    async transaction(fn, options) {
      /** @type {any} */
      let result
      // Kept here, because some libraries have their own idea of what a result may be.
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

/** @param {Named} library @param {any} instance @param {string} subject @returns {string} */
function urlOfInstance({ name, source }, instance, subject) {
  const settings = source.settings(instance)
  if (settings !== undefined) return source.url(settings, subject)
  if (process.env.DATABASE_URL) return process.env.DATABASE_URL
  throw new EramError('ERAM_CONFIG', `${subject}: expected url beside it, because ${name} does not show where it connects; ${BESIDE}`)
}

/**
 * A live instance as a thread could make one too.
 * @param {Named} library
 * @param {any} instance
 * @returns {Spec | null}
 */
function portable({ name, source }, instance) {
  if (!source.portable) return null
  try {
    return { type: name, config: JSON.parse(toJson(source.settings(instance), 'driver')), from: process.argv[1] }
  } catch {
    return null
  }
}
