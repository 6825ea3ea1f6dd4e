// Messages between nodes, on channels of the users': engine.listen and engine.notify. The addon checks names and sizes; with a
// transaction the message goes out when that commits.

import { native } from '../addon/native.js'
import { notifyIn, transactionOf } from '../enqueue/in-transaction.js'
import { EramError, shown, translate } from '../shared/errors.js'
import { toJson } from '../shared/json.js'

/** @import { Listeners } from '../events/listeners.js' */

/**
 * @typedef {object} Sender
 * @property {string} name
 * @property {string} prefix
 * @property {string} node
 * @property {(method: string, ...words: unknown[]) => Promise<any>} call
 */

/**
 * @param {Sender} engine
 * @param {unknown} channel
 * @param {unknown} payload
 * @param {Record<string, unknown>} options
 */
export async function send(engine, channel, payload, options) {
  const { tx, scope = 'cluster' } = read('engine.notify', options, ['tx', 'scope'])
  const name = nameOf('engine.notify', channel)
  const text = toJson(payload, 'payload', 'ERAM_CONFIG')
  if (scope === 'local') {
    if (tx !== undefined && tx !== null) {
      throw new EramError('ERAM_CONFIG', 'engine.notify: expected tx or scope "local", got both; a local message needs no database')
    }
    return engine.call('notify', name, text, scope)
  }
  const transaction = transactionOf({ tx: /** @type {any} */ (tx), engine: engine.name, prefix: engine.prefix })
  if (!transaction) return engine.call('notify', name, text, String(scope))
  const message = translate(() => native.message(engine.node, name, text))
  await notifyIn(transaction, message)
}

/**
 * @param {Sender} engine
 * @param {Listeners} listeners
 * @param {unknown} channel
 * @param {unknown} callback
 * @param {Record<string, unknown>} options
 * @returns {Promise<() => void>} takes the listener away
 */
export async function receive(engine, listeners, channel, callback, options) {
  const { scope = 'cluster' } = read('engine.listen', options, ['scope'])
  const name = nameOf('engine.listen', channel)
  if (typeof callback !== 'function') throw new EramError('ERAM_CONFIG', `engine.listen: expected a function, got ${shown(callback)}`)
  /** @param {any} event */
  const listener = (event) => {
    if (event.channel !== name || (scope === 'local' && event.scope !== 'local')) return
    return callback(event.payload, { channel: name, node: event.node, scope: event.scope })
  }
  const off = () => listeners.off('message', listener)
  listeners.on('message', listener)
  try {
    await engine.call('awaitMessages', name, String(scope))
  } catch (error) {
    off()
    throw error
  }
  return off
}

/**
 * @param {string} subject
 * @param {unknown} options
 * @param {string[]} known
 * @returns {Record<string, unknown>}
 */
function read(subject, options, known) {
  if (typeof options !== 'object' || options === null) {
    throw new EramError('ERAM_CONFIG', `${subject}: expected an object of options, got ${shown(options)}`)
  }
  for (const key of Object.keys(options)) {
    if (!known.includes(key)) throw new EramError('ERAM_CONFIG', `${subject}: expected ${known.join(' or ')}, got ${shown(key)}`)
  }
  return /** @type {Record<string, unknown>} */ (options)
}

/** @param {string} subject @param {unknown} channel */
function nameOf(subject, channel) {
  if (typeof channel === 'string') return channel
  throw new EramError('ERAM_CONFIG', `${subject}: channel: expected a name, got ${shown(channel)}`)
}
