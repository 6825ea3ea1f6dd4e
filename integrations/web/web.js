// What answers the requests of operators, in four forms: for fetch, for Node, for Koa and for Fastify.

import { fastifyCatchAll, koaMiddleware, nodeListener, toResponse } from '../http/adapters.js'
import { checkedEngine } from '../http/options.js'
import { UNCACHED } from './headers.js'
import { checked } from './options.js'
import { responder } from './respond.js'

/** @import { EramEngine } from 'eramjs' */
/** @import { Answer } from '../http/routes.js' */
/** @import { Web, WebOptions } from './index.js' */

/** @type {Answer} */
const NOT_FOUND = { status: 404, body: '{"error":{"code":"NOT_FOUND","message":"expected a path of the API"}}', headers: UNCACHED }

/**
 * @param {EramEngine} engine
 * @param {WebOptions} options
 * @returns {Web}
 */
export function createWeb(engine, options) {
  checkedEngine('createWeb', engine)
  const { respond, close } = responder(engine, checked(options))
  /** @type {import('../http/adapters.js').Responder} */
  const answered = ({ request }, context) => respond(request(), context)
  return {
    fetch: async (request, context = {}) => toResponse(request, (await respond(request, context)) ?? NOT_FOUND),
    node: nodeListener(answered, NOT_FOUND),
    koa: koaMiddleware(answered),
    fastify: fastifyCatchAll(answered, NOT_FOUND),
    close: async () => close(),
  }
}
