// A server of its own for the API, with health and readiness, in processes that have none.

import { handler } from '../http/handler.js'
import { listen } from '../http/serve.js'
import { createWeb } from './web.js'

/** @import { EramEngine } from 'eramjs' */
/** @import { Served } from '../http/index.js' */
/** @import { ServeOptions } from './index.js' */

/** Where a page of another site could lead a browser by a name of its own. */
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/**
 * @param {EramEngine} engine
 * @param {ServeOptions} options
 * @returns {Promise<Served>}
 */
export async function serve(engine, { port = 4004, host = '127.0.0.1', ...options }) {
  const hosts = options.hosts ?? (LOOPBACK.includes(host) ? ['localhost', '127.0.0.1', '[::1]'] : undefined)
  const web = createWeb(engine, { ...options, hosts })
  const probes = handler(engine, { queues: false, prometheus: false })
  const server = await listen((request, response) => void probes.node(request, response, () => web.node(request, response)), port, host)
  return {
    ...server,
    async close() {
      await web.close()
      await server.close()
    },
  }
}
