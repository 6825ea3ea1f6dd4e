// Serves MCP by Streamable HTTP: for this machine alone, or for those who have the token.

import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { EramError } from '../../index.js'

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */
/** @import { Server } from '@modelcontextprotocol/server' */
/** @import { Sdk } from './sdk.js' */

const PATH = '/mcp'

/**
 * @param {Sdk} sdk
 * @param {() => Server} factory
 * @param {{ port: number, host: string, token: string | undefined, origins: string[], isLocal: boolean, log: (line: string) => void }} options
 * @returns {Promise<string>} the URL
 */
export async function serveHttp(sdk, factory, { port, host, token, origins, isLocal, log }) {
  const handler = sdk.createMcpHandler(factory, { responseMode: 'json', onerror: (error) => log(`eramjs: mcp: ${error.message}`) })
  const allowed = [...(isLocal ? sdk.localhostAllowedOrigins() : []), ...origins.map((origin) => new URL(origin).hostname)]

  /** @param {Request} request */
  async function respond(request) {
    // A page that was led here by a name of its own has that name in both headers.
    const refused =
      (isLocal ? sdk.hostHeaderValidationResponse(request, sdk.localhostAllowedHostnames()) : undefined) ??
      sdk.originValidationResponse(request, allowed)
    if (refused) return refused
    if (token !== undefined && !isToken(request.headers.get('authorization'), token)) return unauthenticated()
    if (new URL(request.url).pathname !== PATH) return problem(404, 'NOT_FOUND', `expected the path ${PATH}`)
    return handler.fetch(request)
  }

  const server = createServer((incoming, response) => {
    answer(incoming, response, respond).catch((error) => {
      log(`eramjs: mcp: ${error.message}`)
      response.destroy()
    })
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen({ port, host }, () => resolve(undefined))).catch((cause) => {
    throw new EramError('ERAM_CONFIG', `mcp: expected a free port, got ${port} of ${host}: ${cause.code ?? cause.message}`, { cause })
  })
  const { port: bound } = /** @type {AddressInfo} */ (server.address())
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound}${PATH}`
}

/** @param {IncomingMessage} incoming @param {ServerResponse} response @param {(request: Request) => Promise<Response>} respond */
async function answer(incoming, response, respond) {
  const { status, headers, body } = await respond(requestOf(incoming, response))
  response.writeHead(status, Object.fromEntries(headers))
  // Streams too, which last until the agent closes them.
  if (body) await pipeline(Readable.fromWeb(/** @type {any} */ (body)), response).catch(() => {})
  else response.end()
}

/** @param {IncomingMessage} incoming @param {ServerResponse} response */
function requestOf(incoming, response) {
  const { method = 'GET', url = '/', headersDistinct } = incoming
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const headers = Object.entries(headersDistinct).flatMap(([name, values = []]) =>
    values.map((value) => /** @type {[string, string]} */ ([name, value])),
  )
  const hasBody = !['GET', 'HEAD'].includes(method)
  const body = /** @type {RequestInit} */ (hasBody ? { body: Readable.toWeb(incoming), duplex: 'half' } : {})
  const place = new URL(url.replace(/^\/*/, '/'), 'http://localhost')
  return new Request(place, { method, headers, signal: gone.signal, ...body })
}

/** @param {string | null} header @param {string} token */
function isToken(header, token) {
  const [, given] = /^Bearer (\S+)$/i.exec(header ?? '') ?? []
  return given !== undefined && timingSafeEqual(hashOf(given), hashOf(token))
}

/** @param {string} text */
function hashOf(text) {
  return createHash('sha256').update(text).digest()
}

function unauthenticated() {
  return problem(401, 'UNAUTHENTICATED', 'expected the token of ERAM_MCP_TOKEN', { 'www-authenticate': 'Bearer realm="EramJS"' })
}

/** @param {number} status @param {string} code @param {string} message @param {Record<string, string>} [headers] */
function problem(status, code, message, headers) {
  return Response.json({ error: { code, message } }, { status, headers: { 'cache-control': 'no-store', ...headers } })
}
