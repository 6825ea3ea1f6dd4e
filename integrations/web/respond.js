// From a request to its answer: the route, the caller, the rights, the input, the operation.

import { accessOf, demand } from './access.js'
import { ASSETS, asset, build } from './assets.js'
import { labelOf } from './audit-entry.js'
import { Reads } from './calls.js'
import { changeAnswer } from './changing.js'
import { refuseHost } from './csrf.js'
import { documentText } from './document.js'
import { ApiError, toError } from './errors.js'
import { UNCACHED } from './headers.js'
import { Streams } from './live/index.js'
import { isPage, page, refusal, withSlash } from './pages.js'
import { API, match } from './paths.js'
import { fresh, readAnswer } from './reading.js'
import { remoteOf } from './remote.js'

/** @import { EramEngine } from 'eramjs' */
/** @import { Answer } from '../http/routes.js' */
/** @import { Access } from './access.js' */
/** @import { Context } from './index.js' */
/** @import { CheckedOptions } from './options.js' */
/** @import { RemoteEngine, Route } from './remote.js' */

/** @typedef {{ user: unknown, access: Access }} Caller */
/** @typedef {{ request: Request, url: URL, context: Context }} Call */
/** @typedef {{ caller: Caller, remote: RemoteEngine, route: Route, path: Record<string, string> }} Given */

/** Paths of the API beside those of operations. */
const ME = `${API}/me`
const DOCUMENT = `${API}/openapi.json`
const EVENTS = `${API}/events`

/**
 * @param {EramEngine} engine
 * @param {CheckedOptions} options
 */
export function responder(engine, options) {
  const reads = new Reads(options.limits.keep)
  const streams = new Streams(engine, options, () => reads.clear())
  let isClosed = false

  /**
   * @param {Request} request
   * @param {Context} context
   * @returns {Promise<Answer | Response | undefined>} undefined for a path that is neither of the API nor of a page
   */
  async function respond(request, context) {
    const url = new URL(request.url)
    const { basePath } = options
    const isRoot = basePath !== '' && url.pathname === basePath
    if (isRoot || (basePath !== '' && url.pathname.startsWith(`${basePath}/`))) url.pathname = url.pathname.slice(basePath.length)
    const call = { request, url, context: isRoot ? { ...context, original: `${basePath}${url.search}` } : context }
    const isApi = url.pathname === API || url.pathname.startsWith(`${API}/`)
    const isOfPages = !isApi && (url.pathname.startsWith(ASSETS) || isPage(request, url.pathname))
    if (!isApi && !isOfPages) return undefined
    try {
      if (isClosed) return json(503, { error: { code: 'ERAM_NOT_RUNNING', message: 'this server is closed' } })
      refuseHost(request, options.hosts)
      return await (isApi ? answered(call) : pageAnswer(call))
    } catch (error) {
      const { status, body, headers } = toError(error)
      if (status === 500) noteFailure(engine, error)
      const answer = json(status, body, headers)
      return isApi ? answer : refusal(error, answer)
    }
  }

  /** @param {Call} call @returns {Promise<Answer | Response | undefined>} */
  async function pageAnswer(call) {
    const { request, url, context } = call
    if (url.pathname.startsWith(ASSETS)) return asset(url.pathname, request.headers)
    const built = await build()
    if (built === undefined) return undefined
    const moved = withSlash(url.pathname, context)
    if (moved) return moved
    const remote = remoteOf(engine)
    const caller = await callerOf(call, remote, options)
    if (caller instanceof Response) return caller
    demand(caller.access, 'view')
    const { title = 'EramJS' } = options.theme
    const operations = remote.routes.map(({ name }) => name)
    const config = {
      ...options.theme,
      user: labelOf(caller.user),
      permissions: caller.access.granted,
      operations,
      refresh: options.refresh,
    }
    return page(built, { pathname: url.pathname, basePath: options.basePath, headers: request.headers, config, title })
  }

  /** @param {Call} call @returns {Promise<Answer | Response>} */
  async function answered(call) {
    const { request, url } = call
    const remote = remoteOf(engine)
    const caller = await callerOf(call, remote, options)
    if (caller instanceof Response) return caller
    const isReading = request.method === 'GET' || request.method === 'HEAD'
    if (isReading && url.pathname === ME) {
      return json(200, { user: caller.user, permissions: caller.access.granted, refresh: options.refresh, audit: options.records })
    }
    if (isReading && url.pathname === EVENTS && options.refresh) return streams.open(call, caller.access, remote)
    if (isReading && url.pathname === DOCUMENT) {
      demand(caller.access, 'view')
      return fresh(request, await documentText())
    }
    const found = match(remote.routes, url.pathname.slice(API.length))
    const route = routeFor(found.routes, request.method, url.pathname)
    const given = { caller, remote, route, path: found.path }
    if (route.reads) return readAnswer(call, given, options, reads)
    try {
      return await changeAnswer(call, given, options)
    } finally {
      reads.clear()
    }
  }

  return {
    respond,
    close() {
      isClosed = true
      reads.clear()
      streams.close()
    },
  }
}

/**
 * @param {Call} call
 * @param {RemoteEngine} remote
 * @param {CheckedOptions} options
 * @returns {Promise<Caller | Response>}
 */
async function callerOf({ request, context }, remote, { authenticate, access }) {
  const user = authenticate ? await authenticate(request, context) : (context.user ?? context.req?.user ?? null)
  if (user instanceof Response) return user
  const caller = { user, access: accessOf(await access(user, request), remote.routes) }
  if (caller.access.granted.length > 0) return caller
  if (user === null || user === undefined) throw new ApiError('UNAUTHENTICATED', 'expected a user, got none')
  throw new ApiError('FORBIDDEN', 'expected a user with permissions, got one without')
}

/** @param {Route[]} routes @param {string} method @param {string} pathname */
function routeFor(routes, method, pathname) {
  if (routes.length === 0) throw new ApiError('NOT_FOUND', `expected a path of the API, got ${JSON.stringify(pathname.slice(0, 200))}`)
  const found = routes.find((route) => route.method === (method === 'HEAD' ? 'GET' : method))
  if (found) return found
  const methods = routes.flatMap((route) => (route.method === 'GET' ? ['GET', 'HEAD'] : [route.method])).join(', ')
  throw new ApiError('METHOD_NOT_ALLOWED', `expected the method ${methods}, got ${method.slice(0, 20)}`, { headers: { allow: methods } })
}

/** @param {number} status @param {unknown} body @param {Record<string, string>} [headers] @returns {Answer} */
function json(status, body, headers) {
  return { status, body: JSON.stringify(body), headers: { ...UNCACHED, ...headers } }
}

/** @param {EramEngine} engine @param {unknown} error */
function noteFailure(engine, error) {
  try {
    remoteOf(engine).log(`web: ${String(error instanceof Error ? (error.stack ?? error.message) : error).slice(0, 2000)}`)
  } catch {
    // Without an engine there is no log of it.
  }
}
