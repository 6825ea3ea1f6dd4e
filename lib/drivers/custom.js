// A driver of the user's own: a file whose `driver(config)` returns { postgresql_url, runInTransaction, enqueue }.

import { EramError, shown } from '../errors.js'
import { loadFile } from './load.js'
import { has, isObject } from './shape.js'

/** @import { Opened, Spec } from './named.js' */

export const custom = {
  /** @param {Spec} spec @returns {Promise<string>} */
  async url(spec) {
    const driver = await make(spec)
    const url = await driver.postgresql_url
    if (typeof url === 'string' && url !== '') return url
    throw new EramError('ERAM_DRIVER', `driver ${spec.filename}: postgresql_url: expected a connection string, got ${shown(url)}`)
  },

  /** @param {Spec} spec @returns {Promise<Opened>} */
  async open(spec) {
    const driver = await make(spec)
    if (!has(driver, 'runInTransaction')) {
      throw new EramError(
        'ERAM_DRIVER',
        `driver ${spec.filename}: runInTransaction: expected a function, got ${shown(driver.runInTransaction)}`,
      )
    }
    return {
      name: 'custom',
      root: driver,
      transaction: (fn) => driver.runInTransaction(fn),
      close: async () => {
        if (has(driver, 'close')) await driver.close()
      },
    }
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
  const driver = await maker(config)
  if (isObject(driver)) return driver
  throw new EramError('ERAM_DRIVER', `driver ${filename}: expected ${name ?? 'driver'}(config) to return an object, got ${shown(driver)}`)
}
