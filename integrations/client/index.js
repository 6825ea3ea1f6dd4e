// eramjs/client: calls the HTTP API of eramjs/web from any JavaScript that has fetch. It needs no module, and no addon.

import { ROUTES } from './routes.js'

/** @import { ClientOptions } from './index.js' */
/** @typedef {Record<string, any>} Options */

/** Of an answer that is an error, and of one that is none of the API's. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{ code?: string, message?: string, field?: string, permission?: string, state?: string, hint?: string }} error
   */
  constructor(
    status,
    { code = 'INVALID_ANSWER', message = `expected an answer of the API, got status ${status}`, field, permission, state, hint },
  ) {
    super(hint === undefined ? message : `${message}; ${hint}`)
    this.name = 'ApiError'
    this.code = code
    this.status = status
    this.field = field
    this.permission = permission
    this.state = state
  }
}

/** @param {ClientOptions} options */
export function createClient({ url, headers = {}, fetch: send = globalThis.fetch, parse = JSON.parse }) {
  const base = `${String(url).replace(/\/+$/, '')}/api/v1`
  /** @type {Record<string, any>} */
  const client = {}
  for (const [name, [method = '', path = '', ...inBody]] of Object.entries(ROUTES)) {
    const call = async (/** @type {Options} */ options = {}, /** @type {{ signal?: AbortSignal }} */ { signal } = {}) => {
      const own = typeof headers === 'function' ? await headers() : headers
      const { target, body } = requestOf(method, path, inBody, options)
      const writes = method === 'GET' ? {} : { 'x-eram': '1', ...(body !== undefined && { 'content-type': 'application/json' }) }
      const request = {
        method,
        headers: { accept: 'application/json', ...writes, ...own },
        ...(body !== undefined && { body }),
        ...(signal && { signal }),
      }
      return answerOf(await send(`${base}${target}`, request), parse)
    }
    const [group = '', verb] = name.split('.')
    if (verb === undefined) client[group] = call
    else client[group] = { ...client[group], [verb]: call }
  }
  return client
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string[]} inBody  names of options
 * @param {Options} options
 */
function requestOf(method, path, inBody, options) {
  const rest = new Map(Object.entries(options).filter(([, value]) => value !== undefined))
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name) => {
    const value = rest.get(name)
    if (value === undefined || value === null || value === '') throw new TypeError(`${method} ${path}: expected ${name}, got none`)
    rest.delete(name)
    return encodeURIComponent(String(value))
  })
  const query = new URLSearchParams()
  /** @type {Options} */
  const body = {}
  for (const [name, value] of rest) {
    if (inBody.includes(name)) body[name] = value
    else for (const each of Array.isArray(value) ? value : [value]) query.append(name, textOf(each))
  }
  const search = query.size === 0 ? '' : `?${query}`
  return { target: `${filled}${search}`, body: inBody.length > 0 ? JSON.stringify(body) : undefined }
}

/** @param {unknown} value */
function textOf(value) {
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** @param {Response} response @param {(text: string) => any} parse */
async function answerOf(response, parse) {
  const { status, ok } = response
  const text = await response.text()
  if (ok && text === '') return undefined
  let answer
  try {
    answer = parse(text)
  } catch {
    throw new ApiError(status, {})
  }
  if (ok) return answer
  throw new ApiError(status, answer?.error ?? {})
}
