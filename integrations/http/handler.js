// What answers requests about an engine, in three forms: for fetch, for Node and for Fastify.

import { fastifyPlugin, nodeListener, toResponse } from './adapters.js'
import { checked } from './options.js'
import { NOT_FOUND, routesOf } from './routes.js'

/** @import { EramEngine } from 'eramjs' */
/** @import { Handler, HandlerOptions } from './index.js' */
/** @import { Answer } from './routes.js' */

/**
 * The answer to a request; undefined if its path is not one of this handler.
 * @typedef {(request: Request) => Promise<Answer | undefined>} Responder
 */

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
  const { authorize, paths, queues } = options
  const find = routesOf(engine, options)
  /** @type {Responder} */
  const respond = async (request) => {
    const { pathname, searchParams } = new URL(request.url)
    const route = find(pathname)
    if (!route) return undefined
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return { status: 405, body: { error: 'expected the method GET or HEAD' }, headers: { allow: 'GET, HEAD' } }
    }
    if (authorize && (await authorize(request)) !== true) return { status: 403, body: { error: 'not authorized' } }
    return route(searchParams)
  }
  return {
    fetch: async (request) => toResponse(request, (await respond(request)) ?? NOT_FOUND),
    node: nodeListener(respond),
    fastify: fastifyPlugin(respond, [paths.health, paths.ready, ...(queues ? [paths.queues, `${paths.queues}/*`] : [])]),
  }
}
