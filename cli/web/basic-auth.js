// A name and a password for `eramjs web`, as browsers and curl send them. Guesses take time: an address that has failed often waits.

import { createHash, timingSafeEqual } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** @import { Context } from '../../integrations/web/index.js' */

const REALM = { 'www-authenticate': 'Basic realm="EramJS", charset="UTF-8"', 'cache-control': 'no-store' }
/** Milliseconds that a wrong password takes. */
const DELAY = 250
/** Failures after which an address is locked, and milliseconds for which it is. */
const TRIES = 10
const LOCKED = 30_000
/** Addresses that are remembered at once. */
const MOST = 10_000

/**
 * @param {string} name
 * @param {string} password
 */
export function basicAuth(name, password) {
  const expected = hashOf(`${name}:${password}`)
  /** @type {Map<string, { failures: number, until: number }>} */
  const tries = new Map()

  /** @param {Request} request @param {Context} context */
  return async function authenticate(request, { req }) {
    const address = String(req?.socket?.remoteAddress)
    const { failures = 0, until = 0 } = tries.get(address) ?? {}
    const wait = until - performance.now()
    if (wait > 0) return refusal(429, 'TOO_MANY_TRIES', { 'retry-after': String(Math.ceil(wait / 1000)) })
    const [, given] = /^Basic ([\w+/]+={0,2})$/i.exec(request.headers.get('authorization') ?? '') ?? []
    if (given === undefined) return refusal(401, 'UNAUTHENTICATED', REALM)
    if (timingSafeEqual(hashOf(Buffer.from(given, 'base64').toString('utf8')), expected)) {
      tries.delete(address)
      return { name }
    }
    if (tries.size >= MOST) tries.clear()
    const isLast = failures + 1 >= TRIES
    tries.set(address, isLast ? { failures: 0, until: performance.now() + LOCKED } : { failures: failures + 1, until: 0 })
    await sleep(DELAY)
    return refusal(401, 'UNAUTHENTICATED', REALM)
  }
}

/** @param {string} text */
function hashOf(text) {
  return createHash('sha256').update(text).digest()
}

/** @param {number} status @param {string} code @param {Record<string, string>} headers */
function refusal(status, code, headers) {
  const message = status === 401 ? 'expected a name and a password' : 'expected fewer wrong passwords; wait'
  const body = JSON.stringify({ error: { code, message } })
  return new Response(body, { status, headers: { 'content-type': 'application/json; charset=utf-8', ...headers } })
}
