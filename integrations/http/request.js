// Makes a request of the fetch API of one of Node's, once one is needed.

/** @import { IncomingMessage, ServerResponse } from 'node:http' */

/**
 * What is asked for. A probe needs no more of it than these, and a request of the fetch API costs more than the rest of an answer.
 * @typedef {object} Asked
 * @property {string} method
 * @property {URL} url
 * @property {string | null} accept  the header
 * @property {() => Request} request
 */

/** @param {Request} request @returns {Asked} */
export function askedBy(request) {
  const { method, url, headers } = request
  return { method, url: new URL(url), accept: headers.get('accept'), request: () => request }
}

/**
 * @param {IncomingMessage} incoming
 * @param {string | undefined} path  below the one at which it is mounted
 * @param {ServerResponse} response
 * @param {{ body?: unknown }} [parsed]  by a middleware before
 * @returns {Asked}
 */
export function askedOf(incoming, path = '/', response, parsed = /** @type {{ body?: unknown }} */ (incoming)) {
  // Those that the fetch API does not know are none of a handler's either.
  const method = ['CONNECT', 'TRACE', 'TRACK'].includes(incoming.method ?? '') ? 'OPTIONS' : (incoming.method ?? 'GET')
  // The name of the host, which the client chose, decides nothing.
  const url = new URL(path.replace(/^\/*/, '/'), 'http://localhost')
  return { method, url, accept: incoming.headers.accept ?? null, request: () => toRequest(incoming, method, url, response, parsed) }
}

/** @param {IncomingMessage} incoming @param {string} method @param {URL} url @param {ServerResponse} response @param {{ body?: unknown }} parsed */
function toRequest(incoming, method, url, response, parsed) {
  const { headers } = incoming
  const given = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    for (const each of Array.isArray(value) ? value : [value]) if (each !== undefined && !name.startsWith(':')) given.append(name, each)
  }
  const gone = new AbortController()
  response.once('close', () => response.writableFinished || gone.abort())
  return new Request(url, { method, headers: given, signal: gone.signal, ...bodyOf(incoming, response, parsed) })
}

/** @param {IncomingMessage} incoming @param {ServerResponse} response @param {{ body?: unknown }} parsed @returns {RequestInit} */
function bodyOf(incoming, response, { body }) {
  const { method, headers, readableEnded } = incoming
  if (method === 'GET' || method === 'HEAD') return {}
  if (readableEnded || body !== undefined)
    return { body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body) }
  const hasBody = Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
  return hasBody ? /** @type {RequestInit} */ ({ body: streamOf(incoming, response), duplex: 'half' }) : {}
}

/**
 * The body, which is read when it is wanted. What is left of it once there is an answer is dropped, so that the answer arrives.
 * @param {IncomingMessage} incoming
 * @param {ServerResponse} response
 */
function streamOf(incoming, response) {
  let isOver = false
  const drop = () => {
    isOver = true
    incoming.resume()
  }
  /** @param {ReadableStreamDefaultController} controller */
  const listen = (controller) => {
    const end = (/** @type {() => void} */ act) => () => {
      if (!isOver) act()
      isOver = true
    }
    incoming.on('data', (chunk) => {
      if (isOver) return
      controller.enqueue(chunk)
      incoming.pause()
    })
    const fail = end(() => controller.error(new Error('the request was aborted')))
    const close = end(() => controller.close())
    incoming.once('end', close).once('error', fail).once('close', fail)
  }
  response.once('finish', drop)
  let isListening = false
  return new ReadableStream(
    {
      pull(controller) {
        if (!isListening) listen(controller)
        isListening = true
        incoming.resume()
      },
      cancel: drop,
    },
    { highWaterMark: 0 },
  )
}
