// Requests and responses of Node and Fastify.

import { NOT_FOUND } from './routes.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Handler } from './index.js' */
/** @import { Responder } from './handler.js' */
/** @import { Answer } from './routes.js' */

const HEADERS = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' }

/** @param {Request} request @param {Answer} answer */
export function toResponse({ method }, { status, body, headers }) {
  return new Response(method === 'HEAD' ? null : JSON.stringify(body), { status, headers: { ...HEADERS, ...headers } })
}

/**
 * A listener of Node's servers, and of frameworks that call it with `next`.
 * @param {Responder} respond
 * @returns {Handler['node']}
 */
export function nodeListener(respond) {
  return async (request, response, next) => {
    let answer
    try {
      answer = await respond(toRequest(request, request.url))
    } catch (error) {
      if (next) return next(error)
      answer = { status: 500, body: { error: 'ERAM_INTERNAL' } }
    }
    if (!answer && next) return next()
    const { status, body, headers } = answer ?? NOT_FOUND
    write(response, { status, body, headers }, request.method === 'HEAD')
  }
}

/** @param {ServerResponse} response @param {Answer} answer @param {boolean} isHead */
function write(response, { status, body, headers }, isHead) {
  const text = JSON.stringify(body)
  response.writeHead(status, { ...HEADERS, ...headers, 'content-length': Buffer.byteLength(text) })
  response.end(isHead ? undefined : text)
}

/**
 * A plugin of Fastify.
 * @param {Responder} respond
 * @param {string[]} paths
 * @returns {Handler['fastify']}
 */
export function fastifyPlugin(respond, paths) {
  return async (instance) => {
    for (const path of paths) {
      instance.route({
        method: ['GET', 'HEAD'],
        url: path,
        exposeHeadRoute: false,
        async handler(/** @type {{ raw: IncomingMessage }} */ { raw }, /** @type {any} */ reply) {
          const { status, body, headers } = (await respond(toRequest(raw, raw.url?.slice(instance.prefix.length)))) ?? NOT_FOUND
          reply.code(status).headers({ ...HEADERS, ...headers })
          return reply.send(JSON.stringify(body))
        },
      })
    }
  }
}

/** @param {IncomingMessage} request @param {string | undefined} url  below the path at which it is mounted */
function toRequest({ method, headers }, url = '/') {
  const given = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined && !name.startsWith(':')) given.append(name, each)
  }
  // The name of the host, which the client chose, decides nothing.
  return new Request(new URL(url.replace(/^\/*/, '/'), 'http://localhost'), { method, headers: given })
}
