// A server of its own for the handler, in processes that have none.

import { createServer } from 'node:http'
import { EramError } from 'eramjs'
import { handlerOf } from './handler.js'
import { checked, invalid, SERVE } from './options.js'

/** @import { AddressInfo } from 'node:net' */
/** @import { EramEngine } from 'eramjs' */
/** @import { ServeOptions, Served } from './index.js' */

/**
 * @param {EramEngine} engine
 * @param {ServeOptions} [options]
 * @returns {Promise<Served>}
 */
export async function serve(engine, options = {}) {
  const own = checked('serve', engine, options, SERVE)
  const { port = 9394, host = '127.0.0.1' } = options
  return listen(handlerOf(engine, own).node, port, host)
}

/**
 * A server that does not keep the process alive.
 * @param {import('node:http').RequestListener} listener
 * @param {number} port
 * @param {string} host
 * @returns {Promise<Served>}
 */
export async function listen(listener, port, host) {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw invalid('serve.port', 'a port from 0 to 65535', port)
  if (typeof host !== 'string' || host === '') throw invalid('serve.host', 'an address or a host name', host)
  const server = createServer(listener)
  // The engine keeps the process alive; when it has stopped, the process may end.
  server.unref().on('connection', (socket) => socket.unref())
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen({ port, host }, () => resolve(undefined))
  }).catch((cause) => {
    throw new EramError('ERAM_CONFIG', problem(cause, port, host), { cause })
  })
  const { port: bound } = /** @type {AddressInfo} */ (server.address())
  return {
    port: bound,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** @param {NodeJS.ErrnoException} error @param {number} port @param {string} host */
function problem({ code, message }, port, host) {
  switch (code) {
    case 'EADDRINUSE':
      return `serve.port: expected a free port of ${host}, got ${port}, which is in use`
    case 'EACCES':
      return `serve.port: expected a port that this user may open, got ${port}`
    default:
      return `serve.host: expected an address of this machine, got ${JSON.stringify(host)}: ${message}`
  }
}
