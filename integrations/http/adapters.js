// Answers in Node, Koa and Fastify.

import { askedOf } from './request.js'
import { NOT_FOUND } from './routes.js'
import { bodyOf, nodeSink } from './stream.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { Handler } from './index.js' */
/** @import { Answer } from './routes.js' */

/**
 * What the server of an application knows of a request.
 * @typedef {object} Context
 * @property {any} [req]  the request of Node, with what middleware has added
 * @property {unknown} [user]
 * @property {string} [original]  the path and query that the client asked for
 * @property {string} [address]  of the client
 */

/**
 * The answer to a request; undefined if its path is not one of this handler.
 * @typedef {(asked: import('./request.js').Asked, context: Context) => Promise<Answer | Response | undefined>} Responder
 */

const HEADERS = { 'cache-control': 'no-store', 'content-type': 'application/json; charset=utf-8' }

/** @param {Request} request @param {Answer | Response} answer */
export function toResponse({ method }, answer) {
  if (answer instanceof Response) return answer
  if (answer.stream) return new Response(method === 'HEAD' ? null : /** @type {any} */ (bodyOf(answer.stream)), { headers: answer.headers })
  const { status, text, headers } = written(answer)
  return new Response(method === 'HEAD' || isEmpty(status) ? null : text, { status, headers })
}

/** @param {Answer} answer */
function written({ status, body, headers }) {
  const isWhole = body instanceof Uint8Array || body === '' || (typeof body === 'string' && headers?.['content-type'])
  const text = /** @type {string | Buffer<ArrayBuffer>} */ (isWhole ? body : JSON.stringify(body))
  return { status, text, headers: { ...HEADERS, ...headers } }
}

/** @param {Answer | Response} answer */
async function sendable(answer) {
  if (!(answer instanceof Response)) return written(answer)
  return { status: answer.status, text: await answer.text(), headers: Object.fromEntries(answer.headers) }
}

/** Whether answers of a status have no body. @param {number} status */
function isEmpty(status) {
  return status === 204 || status === 304
}

/**
 * A listener of Node's servers, and of frameworks that call it with `next`.
 * @param {Responder} respond
 * @param {Answer} [notFound]
 * @returns {Handler['node']}
 */
export function nodeListener(respond, notFound = NOT_FOUND) {
  return async (request, response, next) => {
    let answer
    try {
      const { originalUrl: original = request.url } = /** @type {{ originalUrl?: string }} */ (request)
      answer = await respond(askedOf(request, request.url, response), { req: request, original })
    } catch (error) {
      if (next) return next(error)
      answer = { status: 500, body: { error: 'ERAM_INTERNAL' } }
    }
    if (!answer && next) return next()
    if (answer && isStream(answer)) return begin(response, answer, request.method === 'HEAD')
    write(response, await sendable(answer ?? notFound), request.method === 'HEAD')
  }
}

/** @param {Answer | Response} answer @returns {answer is StreamAnswer} */
function isStream(answer) {
  return 'stream' in answer && answer.stream !== undefined
}

/** @typedef {Answer & { stream: import('./stream.js').Stream }} StreamAnswer */

/** @param {ServerResponse} response @param {StreamAnswer} answer @param {boolean} isHead */
function begin(response, { status, headers, stream }, isHead) {
  if (response.destroyed) return
  response.writeHead(status, headers)
  if (isHead) response.end()
  else stream(nodeSink(response))
}

/** @param {ServerResponse} response @param {{ status: number, text: string | Buffer, headers: Record<string, string> }} answer @param {boolean} isHead */
function write(response, { status, text, headers }, isHead) {
  if (response.destroyed) return
  response.writeHead(status, isEmpty(status) ? headers : { ...headers, 'content-length': Buffer.byteLength(text) })
  response.end(isHead || isEmpty(status) ? undefined : text)
}

/**
 * Middleware of Koa.
 * @param {Responder} respond
 * @returns {Handler['koa']}
 */
export function koaMiddleware(respond) {
  return async (context, next) => {
    const { req, res, url, state, request, originalUrl: original } = context
    const body = request?.body === undefined ? {} : { body: request.body }
    const answer = await respond(askedOf(req, url, res, body), { req, user: state?.user, original })
    if (!answer) return next()
    if (isStream(answer)) {
      context.respond = false
      return begin(res, answer, req.method === 'HEAD')
    }
    const { status, text, headers } = await sendable(answer)
    context.status = status
    context.set(headers)
    if (!isEmpty(status)) context.body = text
  }
}

/**
 * A plugin of Fastify.
 * @param {Responder} respond
 * @param {string[]} paths
 * @returns {Handler['fastify']}
 */
export function fastifyPlugin(respond, paths) {
  return async (instance) => {
    for (const path of paths) routeTo(instance, respond, { method: ['GET', 'HEAD'], url: path, exposeHeadRoute: false })
  }
}

/**
 * A plugin of Fastify for all that is below its prefix.
 * @param {Responder} respond
 * @param {Answer} notFound
 * @returns {Handler['fastify']}
 */
export function fastifyCatchAll(respond, notFound) {
  return async (instance) => {
    // Bodies are read by the handler.
    instance.removeAllContentTypeParsers()
    instance.addContentTypeParser('*', (/** @type {any} */ _, /** @type {any} */ __, /** @type {any} */ done) => done(null))
    const method = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
    routeTo(instance, respond, { method, url: '/*', exposeHeadRoute: false }, notFound)
    if (instance.prefix) routeTo(instance, respond, { method, url: '/', exposeHeadRoute: false, prefixTrailingSlash: 'no-slash' }, notFound)
  }
}

/** @param {any} instance @param {Responder} respond @param {object} route @param {Answer} [notFound] */
function routeTo(instance, respond, route, notFound = NOT_FOUND) {
  instance.route({
    ...route,
    async handler(/** @type {{ raw: IncomingMessage, user?: unknown }} */ { raw, user }, /** @type {any} */ reply) {
      const asked = askedOf(raw, raw.url?.slice(instance.prefix.length), reply.raw)
      const answer = (await respond(asked, { req: raw, user, original: raw.url })) ?? notFound
      if (isStream(answer)) {
        reply.hijack()
        for (const [name, value] of Object.entries(reply.getHeaders())) reply.raw.setHeader(name, value)
        return begin(reply.raw, answer, raw.method === 'HEAD')
      }
      const { status, text, headers } = await sendable(answer)
      reply.code(status).headers(headers)
      return reply.send(isEmpty(status) ? null : text)
    },
  })
}
