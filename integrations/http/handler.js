// What answers requests about an engine, in four forms: for fetch, for Node, for Koa and for Fastify.

import { fastifyPlugin, koaMiddleware, nodeListener, toResponse } from './adapters.js'
import { checked } from './options.js'
import { askedBy } from './request.js'
import { NOT_FOUND, routesOf } from './routes.js'

/** @import { EramEngine } from 'eramjs' */
/** @import { Handler, HandlerOptions } from './index.js' */
/** @import { Answer } from './routes.js' */

/**
 * @param {EramEngine} engine
 * @param {HandlerOptions} [options]
 * @returns {Handler}
 */
export function handler(engine, options = {}) {
  return handlerOf(engine, checked('handler', engine, options))
}

/**
 * @param {EramEngine} engine
 * @param {ReturnType<typeof checked>} options
 * @returns {Handler}
 */
export function handlerOf(engine, options) {
  const { authorize } = options
  const routes = routesOf(engine, options)
  /** @param {import('./request.js').Asked} asked @returns {Promise<Answer | undefined>} */
  const respond = async ({ method, url, accept, request }) => {
    const { pathname, searchParams: query } = url
    const found = routes.find(({ path, hasRest }) => pathname === path || (hasRest && pathname.startsWith(`${path}/`)))
    if (!found) return undefined
    if (method !== 'GET' && method !== 'HEAD') {
      return { status: 405, body: { error: 'expected the method GET or HEAD' }, headers: { allow: 'GET, HEAD' } }
    }
    if (authorize && (await authorize(request())) !== true) return { status: 403, body: { error: 'not authorized' } }
    return found.route(pathname.slice(found.path.length + 1), { query, accept })
  }
  return {
    fetch: async (request) => toResponse(request, (await respond(askedBy(request))) ?? NOT_FOUND),
    node: nodeListener(respond),
    koa: koaMiddleware(respond),
    fastify: fastifyPlugin(
      respond,
      routes.flatMap(({ path, hasRest }) => (hasRest ? [path, `${path}/*`] : [path])),
    ),
  }
}
