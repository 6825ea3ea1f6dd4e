// The API of EramJS elsewhere, in place of an engine of this process. It decides by its own rights too.

import { EramError } from '../../index.js'
import { ApiError, createClient } from '../../integrations/client/index.js'
import { remoteBy } from '../../lib/operations/index.js'

/** @import { EramEngine } from '../../index.js' */

/** The member of an engine by which eramjs/web calls it. */
const REMOTE = Symbol.for('eram.remote')

/**
 * @param {string} given  --api, where `eramjs/web` is mounted
 * @param {string | undefined} token
 * @param {(line: string) => void} log
 * @returns {Promise<{ engine: EramEngine, granted: string[] }>}
 */
export async function upstream(given, token, log) {
  const { url, headers } = addressOf(given, token)
  const { parse } = remoteBy(async () => {}, log)
  const client = /** @type {Record<string, any>} */ (/** @type {unknown} */ (createClient({ url, headers, parse })))
  const remote = remoteBy(async ({ name }, { signal, ...options }) => {
    const [group = '', verb] = name.split('.')
    const call = verb === undefined ? client[group] : client[group][verb]
    return call(options, { signal }).catch((/** @type {unknown} */ error) => {
      throw isNetwork(error) ? new ApiError(503, { code: 'ERAM_UNAVAILABLE', message: awayText(url, error) }) : error
    })
  }, log)
  const granted = await permissions(url, headers)
  // What createWeb asks of an engine.
  const engine = { health: () => client.health(), [REMOTE]: remote }
  return { engine: /** @type {EramEngine} */ (/** @type {unknown} */ (engine)), granted }
}

/** @param {string} given @param {string | undefined} token */
function addressOf(given, token) {
  if (!URL.canParse(given) || !/^https?:$/.test(new URL(given).protocol)) {
    throw new EramError('ERAM_CONFIG', `--api: expected a URL such as https://ops.example.com/eram, got ${JSON.stringify(given)}`)
  }
  const url = new URL(given)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const basic = `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
  const authorization = token === undefined ? (username === '' ? undefined : basic) : `Bearer ${token}`
  const base = `${url.origin}${url.pathname.replace(/\/+(api\/v1\/*)?$/, '')}`
  return { url: base, headers: /** @type {Record<string, string>} */ (authorization === undefined ? {} : { authorization }) }
}

/** What the API permits. @param {string} url @param {Record<string, string>} headers @returns {Promise<string[]>} */
async function permissions(url, headers) {
  const response = await fetch(`${url}/api/v1/me`, { headers }).catch((error) => {
    throw new EramError('ERAM_UNAVAILABLE', awayText(url, error), { cause: error })
  })
  const answer = /** @type {{ permissions?: string[] }} */ (await response.json().catch(() => ({})))
  if (response.ok && Array.isArray(answer.permissions)) return answer.permissions
  const hint = [401, 403].includes(response.status) ? '; pass --token, or set ERAM_API_TOKEN' : ''
  throw new EramError('ERAM_CONFIG', `--api: expected the API of EramJS at ${url}, got status ${response.status}${hint}`)
}

/** Whether fetch got no answer. @param {unknown} error @returns {error is TypeError} */
function isNetwork(error) {
  return error instanceof TypeError && 'cause' in error
}

/** @param {string} url @param {unknown} error */
function awayText(url, error) {
  const { cause, message } = /** @type {Error & { cause?: NodeJS.ErrnoException }} */ (error)
  return `--api: expected an answer of ${url}, got none: ${cause?.code ?? cause?.message ?? message}`
}
