// eramjs environment: shows, sets or removes the environment stamp of a database.

import { EramError } from '../../index.js'
import { DONE } from '../main.js'
import { DATABASE, Schema } from '../schema.js'

/** @import { Terminal } from '../terminal.js' */

export const summary = 'Shows or sets the environment that the database is stamped with'
export const about = `An engine with another environment, or with none, only enqueues and does not run queues.
A new stamp takes effect with the next start of each engine. While engines run queues on a stamped database, --force is required.`

export const options = {
  ...DATABASE,
  set: { type: /** @type {const} */ ('string'), value: 'name', help: 'stamp the database with this environment' },
  clear: { type: /** @type {const} */ ('boolean'), help: 'remove the stamp' },
  force: { type: /** @type {const} */ ('boolean'), help: 'also while engines run queues on it' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { set, clear = false, force = false, json } = values
  if (clear && set !== undefined) throw new EramError('ERAM_CONFIG', `environment: expected one of --set and --clear, got both`)
  const schema = new Schema(values, io)
  const answer = await schema.environment({ ...(clear ? { set: null } : set === undefined ? {} : { set }), force })
  const { environment, previous } = answer
  if (json) {
    io.print(JSON.stringify(answer))
    return DONE
  }
  io.print(`${schema.name}: ${environment ?? 'no environment'}${previous === environment ? '' : `, was ${previous ?? 'not stamped'}`}`)
  return DONE
}
