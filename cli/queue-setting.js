// Shared by pause, resume and scale: changes a queue on all nodes or one, and prints the result.

import { DONE } from './main.js'
import { onEngine } from './operation.js'

/** @import { Terminal } from './terminal.js' */

/**
 * @param {string} name  of the operation
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {string} change  the change, as it is printed
 */
export async function changeQueue(name, values, io, change) {
  const { queue, node, json } = values
  await onEngine(name, values, io)
  if (json) io.print(JSON.stringify({ queue, node: node ?? '*' }))
  else io.print(`${queue === '*' ? 'every queue' : `queue ${queue}`}: ${change} on ${node === undefined ? 'all nodes' : `node ${node}`}`)
  return DONE
}
