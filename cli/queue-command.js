// Shared by pause, resume and scale: changes a queue on all nodes or one, through an engine, and prints the result.

import { DONE } from './main.js'
import { DATABASE, Schema } from './schema.js'

/** @import { EramEngine } from '../index.js' */
/** @import { Terminal } from './terminal.js' */

export const QUEUE_OPTIONS = {
  ...DATABASE,
  node: { type: /** @type {const} */ ('string'), value: 'name', help: 'this node only (default: all)' },
  force: { type: /** @type {const} */ ('boolean'), help: 'also for a queue or node that is not known yet' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {string} change  the change, as it is printed
 * @param {(engine: EramEngine, target: { queue: string, node?: string, force: boolean }) => Promise<void>} act
 */
export async function changeQueue(values, io, change, act) {
  const { queue, node, force = false, json } = values
  await new Schema(values, io).engine((engine) => act(engine, { queue, force, ...(node === undefined ? {} : { node }) }))
  if (json) io.print(JSON.stringify({ queue, node: node ?? '*' }))
  else io.print(`${queue === '*' ? 'every queue' : `queue ${queue}`}: ${change} on ${node === undefined ? 'all nodes' : `node ${node}`}`)
  return DONE
}
