// The engine behind a dashboard: it runs no jobs, and works in the environment that the database is stamped with.

import { EramEngine } from '../../index.js'

/** @import { StartOptions } from '../../index.js' */
/** @import { Address } from '../schema.js' */

/**
 * @param {Address & { prefix: string }} address
 * @param {StartOptions} options
 */
export async function webEngine(address, options) {
  const { environment } = await EramEngine.environment(address)
  const own = environment === null ? {} : { environment }
  return EramEngine.start({ ...address, ...own, name: 'eramjs web', pool: 3, ...options })
}
