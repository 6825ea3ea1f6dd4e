// Messages between nodes, on channels of the application: engine.listen() and engine.notify(). The addon checks names and sizes; a
// message in a transaction is sent when that commits.

import { native } from '../addon/index.js'
import { notifyIn, transactionOf } from '../enqueue/index.js'
import { EramError, translate } from '../shared/errors.js'
import { toJson } from '../shared/json.js'
import { SAFE_LENGTH } from '../shared/text.js'
import { invalidOption, optionsOf } from '../shared/validate.js'

/** @import { Listeners } from '../events/listeners.js' */
/** @import { EngineHost, Options } from './operation.js' */

/**
 * The options of engine.notify().
 * @param {unknown} channel
 * @param {unknown} payload
 * @param {unknown} [options]
 * @returns {Options}
 */
export function readNotify(channel, payload, options = {}) {
  return { ...readOptions('engine.notify', options, ['tx', 'scope']), channel, payload }
}

/**
 * @param {EngineHost} engine
 * @param {Options} options
 */
export async function send(engine, { channel, payload, tx, scope = 'cluster' }) {
  const name = channelName('engine.notify', channel)
  const text = toJson(payload, 'payload', 'ERAM_CONFIG', { most: SAFE_LENGTH })
  if (scope === 'local') {
    if (tx !== undefined && tx !== null) {
      throw new EramError('ERAM_CONFIG', 'engine.notify: expected tx or scope "local", got both; a local message needs no database')
    }
    await engine.call('notify', name, text, scope)
    return
  }
  const transaction = transactionOf({ tx, engine: engine.name, prefix: engine.prefix })
  if (!transaction) {
    await engine.call('notify', name, text, String(scope))
    return
  }
  const message = translate(() => native().message(engine.node, name, text))
  await notifyIn(transaction, message)
}

/**
 * @param {Pick<EngineHost, 'call'>} engine
 * @param {Listeners} listeners
 * @param {unknown} channel
 * @param {unknown} callback
 * @param {Record<string, unknown>} options
 * @returns {Promise<() => void>} removes the listener
 */
export async function receive(engine, listeners, channel, callback, options) {
  const { scope = 'cluster' } = readOptions('engine.listen', options, ['scope'])
  const name = channelName('engine.listen', channel)
  if (typeof callback !== 'function') throw invalidOption('engine.listen', 'a function', callback)
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
function readOptions(subject, options, known) {
  const record = optionsOf(options, subject, 'ERAM_CONFIG')
  for (const [key, value] of Object.entries(record)) {
    if (value !== undefined && !known.includes(key)) throw invalidOption(subject, known.join(' or '), key)
  }
  return record
}

/** @param {string} subject @param {unknown} channel */
function channelName(subject, channel) {
  if (typeof channel === 'string' && channel.length <= SAFE_LENGTH) return channel
  throw invalidOption(`${subject}: channel`, 'a name', channel)
}
