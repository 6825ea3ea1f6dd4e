// What pause, resume and scale share: a queue on all nodes or one, set through an engine and told of.

import { DONE } from './main.js'
import { DATABASE, Schema } from './schema.js'

/** @import { EramEngine } from '../index.js' */
/** @import { Terminal } from './terminal.js' */

export const SETTING = {
  ...DATABASE,
  node: { type: /** @type {const} */ ('string'), value: 'name', help: 'this node only (all)' },
  force: { type: /** @type {const} */ ('boolean'), help: 'also a queue or node that nobody knows yet' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {string} done  what has become of the queue, in words
 * @param {(engine: EramEngine, target: { queue: string, node?: string, force: boolean }) => Promise<void>} act
 */
export async function set(values, io, done, act) {
  const { queue, node, force = false, json } = values
  await new Schema(values, io).engine((engine) => act(engine, { queue, force, ...(node === undefined ? {} : { node }) }))
  if (json) io.print(JSON.stringify({ queue, node: node ?? '*' }))
  else io.print(`${queue === '*' ? 'every queue' : `queue ${queue}`}: ${done} on ${node === undefined ? 'all nodes' : `node ${node}`}`)
  return DONE
}
