// Free ports for a server on this machine.

import { createServer } from 'node:net'
import { EramError } from '../../index.js'

const HOST = '127.0.0.1'
/** How many ports are tried, from the usual one upwards. */
const TRIED = 50

/**
 * The given port, which must be free, else the first free one from the usual one upwards.
 * @param {number | undefined} given
 * @param {number} usual
 */
export async function freePort(given, usual) {
  if (given !== undefined) {
    if (await isFree(given)) return given
    throw new EramError('ERAM_CONFIG', `--port: expected a free port of ${HOST}, got ${given}, which is in use`)
  }
  for (let port = usual; port < usual + TRIED; port++) if (await isFree(port)) return port
  throw new EramError('ERAM_CONFIG', `dev: expected a free port of ${HOST} from ${usual} to ${usual + TRIED - 1}, got none; pass --port`)
}

/** @param {number} port @returns {Promise<boolean>} */
function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, HOST, () => server.close(() => resolve(true)))
  })
}
