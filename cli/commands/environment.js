// eramjs environment: shows, sets or removes the environment stamp of a database.

import { EramError } from '../../index.js'
import { DONE } from '../main.js'
import { describe } from '../operation.js'
import { Schema } from '../schema.js'

/** @import { Terminal } from '../terminal.js' */

export const { summary, about, options } = describe('schema.environment', {
  about: 'While engines run queues on a stamped database, --force is required.',
  options: { clear: { type: 'boolean', help: 'remove the stamp' } },
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { set, clear = false, force = false, json } = values
  if (clear && set !== undefined) throw new EramError('ERAM_CONFIG', `environment: expected one of --set and --clear, got both`)
  const schema = new Schema(values, io)
  const answer = await schema.perform('schema.environment', { ...(clear ? { set: null } : set === undefined ? {} : { set }), force })
  const { environment, previous } = answer
  if (json) {
    io.print(JSON.stringify(answer))
    return DONE
  }
  io.print(`${schema.name}: ${environment ?? 'no environment'}${previous === environment ? '' : `, was ${previous ?? 'not stamped'}`}`)
  return DONE
}
