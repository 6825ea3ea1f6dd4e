// A user's own driver: a file whose `driver(config)` returns { postgresql_url, runInTransaction, enqueue }, or a DriverAdapter in
// place of runInTransaction.

import { EramError } from '../shared/errors.js'
import { invalid, isObject, shown } from '../shared/validate.js'
import { has } from '../transactions/index.js'
import { isAdapter, transactionOn } from './adapter.js'
import { loadFile } from './load.js'

/** @import { OpenedDriver, PreparedDriver } from './open.js' */
/** @import { DriverSpec } from './spec.js' */

export const custom = {
  /**
   * @param {DriverSpec | undefined} spec
   * @param {any} instance
   * @param {string | undefined} own  the engine's own connection string
   * @returns {Promise<PreparedDriver>}
   */
  async prepare(spec, instance, own) {
    const subject = spec?.filename ? `driver ${spec.filename}` : 'driver.instance'
    const driver = instance ?? (await make(/** @type {DriverSpec} */ (spec)))
    const close = async () => {
      if (instance === undefined && has(driver, 'close')) await driver.close()
    }
    try {
      const opened = openedOf(driver, subject)
      const url = own ?? (await driver.postgresql_url)
      if (typeof url !== 'string' || url === '') {
        throw invalid('ERAM_DRIVER', `${subject}: postgresql_url`, 'a connection string', url)
      }
      const enqueues = opened.enqueue !== undefined
      return { url, spec: spec ? { ...spec, enqueues } : null, enqueues, open: async () => opened, close }
    } catch (error) {
      await close()
      throw error
    }
  },

  /** @param {DriverSpec} spec @returns {Promise<OpenedDriver>} */
  async open(spec) {
    const driver = await make(spec)
    const close = async () => {
      if (has(driver, 'close')) await driver.close()
    }
    return { ...openedOf(driver, `driver ${spec.filename}`), close }
  },
}

/** @param {DriverSpec} spec @returns {Promise<any>} */
async function make({ filename, config, export: name }) {
  const exports = await loadFile(/** @type {string} */ (filename), 'driver.filename')
  const maker = exports[name ?? 'driver'] ?? exports.default?.[name ?? 'driver'] ?? exports.default
  if (typeof maker !== 'function') {
    throw invalid('ERAM_DRIVER', `driver ${filename}`, `it to export a function ${name ?? 'driver'}(config)`, maker)
  }
  let driver
  try {
    driver = await maker(config)
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : shown(cause)
    throw new EramError(
      'ERAM_DRIVER',
      `driver ${filename}: expected ${name ?? 'driver'}(config) to return an object, it threw ${message}`,
      {
        cause,
      },
    )
  }
  if (isObject(driver)) return driver
  throw invalid('ERAM_DRIVER', `driver ${filename}`, `${name ?? 'driver'}(config) to return an object`, driver)
}

/**
 * @param {any} driver
 * @param {string} subject
 * @returns {OpenedDriver} its close() does nothing
 */
function openedOf(driver, subject) {
  if (!isObject(driver)) throw invalid('ERAM_DRIVER', subject, 'an object', driver)
  const { runInTransaction, enqueue } = /** @type {Record<string, unknown>} */ (driver)
  const adapted = runInTransaction === undefined && isAdapter(driver)
  if (!adapted && typeof runInTransaction !== 'function') {
    const expected = 'a function, or startTransaction of a DriverAdapter'
    throw invalid('ERAM_DRIVER', `${subject}: runInTransaction`, expected, runInTransaction)
  }
  if (enqueue !== undefined && typeof enqueue !== 'function') {
    throw invalid('ERAM_DRIVER', `${subject}: enqueue`, 'a function', enqueue)
  }
  return {
    name: 'custom',
    root: driver,
    async transaction(fn, options) {
      if (adapted) return transactionOn(driver, fn)
      /** @type {any} */
      let result
      const run = async (/** @type {unknown} */ tx) => {
        result = await fn(tx)
        return result
      }
      await /** @type {any} */ (driver).runInTransaction(run, options)
      return result
    },
    enqueue: enqueue && ((tx, job) => enqueue.call(driver, tx, job)),
    close: async () => {},
  }
}
