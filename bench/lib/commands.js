// How many commands a Redis has done, and how many connections it has.

import { once } from 'node:events'
import { connect } from 'node:net'

/**
 * @param {string | undefined} url
 * @returns {Promise<{ done: number, connections: number } | null>} null when it does not tell
 */
export async function commands(url) {
  if (url === undefined) return null
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port || 6379) })
  let text = ''
  socket.setEncoding('utf8').on('data', (part) => {
    text += part
  })
  socket.write('INFO\r\nQUIT\r\n')
  await once(socket, 'close')
  const figure = (/** @type {string} */ name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1])
  const [done, connections] = [figure('total_commands_processed'), figure('connected_clients')]
  // One of them is this.
  return Number.isNaN(done) ? null : { done, connections: connections - 1 }
}
