// A schema with EramJS in it for the length of a workload.

import { EramEngine } from '../../index.js'
import { connect, drop, freshPlace } from './database.js'

/** @import { Client } from 'pg' */
/** @import { Place } from './database.js' */

/**
 * Runs a workload in a schema of its own and drops it afterwards.
 * @template T
 * @param {string} url
 * @param {(place: Place, client: Client) => Promise<T>} work
 */
export async function withSchema(url, work) {
  const place = freshPlace({ url })
  await EramEngine.migrate(place)
  const client = await connect(place)
  try {
    return await work(place, client)
  } finally {
    await client.end()
    await drop(place)
  }
}
