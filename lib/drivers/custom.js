// A driver of the user's own: a file whose `driver(config)` gives { postgresql_url, runInTransaction, enqueue }, or a
// DriverAdapter in place of runInTransaction.

import { EramError, shown } from '../shared/errors.js'
import { isAdapter, transactionOn } from './adapter.js'
import { loadFile } from './load.js'
import { has, isObject } from './shape.js'

/** @import { Opened, Prepared } from './open.js' */
/** @import { Spec } from './spec.js' */

export const custom = {
  /**
   * @param {Spec | undefined} spec
   * @param {any} instance
   * @param {string | undefined} own where the engine connects
   * @returns {Promise<Prepared>}
   */
  async prepare(spec, instance, own) {
    const subject = spec?.filename ? `driver ${spec.filename}` : 'driver.instance'
    const driver = instance ?? (await make(/** @type {Spec} */ (spec)))
    const close = async () => {
      if (instance === undefined && has(driver, 'close')) await driver.close()
    }
    try {
      const opened = openedOf(driver, subject)
      const url = own ?? (await driver.postgresql_url)
      if (typeof url !== 'string' || url === '') {
        throw new EramError('ERAM_DRIVER', `${subject}: postgresql_url: expected a connection string, got ${shown(url)}`)
      }
      const enqueues = opened.enqueue !== undefined
      return { url, spec: spec ? { ...spec, enqueues } : null, enqueues, open: async () => opened, close }
    } catch (error) {
      await close()
      throw error
    }
  },

  /** @param {Spec} spec @returns {Promise<Opened>} */
  async open(spec) {
    const driver = await make(spec)
    const close = async () => {
      if (has(driver, 'close')) await driver.close()
    }
    return { ...openedOf(driver, `driver ${spec.filename}`), close }
  },
}

/** @param {Spec} spec @returns {Promise<any>} */
async function make({ filename, config, export: name }) {
  const exports = await loadFile(/** @type {string} */ (filename), 'driver.filename')
  const maker = exports[name ?? 'driver'] ?? exports.default?.[name ?? 'driver'] ?? exports.default
  if (typeof maker !== 'function') {
    throw new EramError(
      'ERAM_DRIVER',
      `driver ${filename}: expected it to export a function ${name ?? 'driver'}(config), got ${shown(maker)}`,
    )
  }
  let driver
  try {
    driver = await maker(config)
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : shown(cause)
    throw new EramError('ERAM_DRIVER', `driver ${filename}: expected ${name ?? 'driver'}(config) to return an object, it threw ${said}`, {
      cause,
    })
  }
  if (isObject(driver)) return driver
  throw new EramError('ERAM_DRIVER', `driver ${filename}: expected ${name ?? 'driver'}(config) to return an object, got ${shown(driver)}`)
}

/**
 * @param {any} driver
 * @param {string} subject
 * @returns {Opened} not closed by itself
 */
function openedOf(driver, subject) {
  if (!isObject(driver)) throw new EramError('ERAM_DRIVER', `${subject}: expected an object, got ${shown(driver)}`)
  const { runInTransaction, enqueue } = /** @type {Record<string, unknown>} */ (driver)
  const adapted = runInTransaction === undefined && isAdapter(driver)
  if (!adapted && typeof runInTransaction !== 'function') {
    throw new EramError(
      'ERAM_DRIVER',
      `${subject}: runInTransaction: expected a function, or startTransaction of a DriverAdapter, got ${shown(runInTransaction)}`,
    )
  }
  if (enqueue !== undefined && typeof enqueue !== 'function') {
    throw new EramError('ERAM_DRIVER', `${subject}: enqueue: expected a function, got ${shown(enqueue)}`)
  }
  return {
    name: 'custom',
    root: driver,
    async transaction(fn, options) {
      if (adapted) return transactionOn(driver, fn)
      /** @type {any} */
      let result
      const keeping = async (/** @type {unknown} */ tx) => {
        result = await fn(tx)
        return result
      }
      await /** @type {any} */ (driver).runInTransaction(keeping, options)
      return result
    },
    enqueue: enqueue && ((tx, job) => enqueue.call(driver, tx, job)),
    close: async () => {},
  }
}
