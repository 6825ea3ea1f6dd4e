// eramjs environment: whose database it is. Shows the stamp, sets it, or takes it away.

import { EramError } from '../../index.js'
import { DONE } from '../main.js'
import { DATABASE, Schema } from '../schema.js'

/** @import { Terminal } from '../terminal.js' */

export const summary = 'Shows or sets the environment that the database is stamped with'
export const about = `An engine with another environment, or with none, enqueues and runs no queue.
A new stamp takes effect with the next start of each engine. While engines run queues on a stamped database, it wants --force.`

export const options = {
  ...DATABASE,
  set: { type: /** @type {const} */ ('string'), value: 'name', help: 'stamps the database with this environment' },
  clear: { type: /** @type {const} */ ('boolean'), help: 'takes the stamp away' },
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
