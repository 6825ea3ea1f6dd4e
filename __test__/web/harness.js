// An engine, the API on it, and a caller of that, for one test.
import { EramEngine } from '../../index.js'
import { createWeb } from '../../integrations/web/index.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {import('../../integrations/web/index.js').WebOptions} WebOptions */
/** @typedef {Awaited<ReturnType<typeof start>>} Api */
/** @typedef {{ status: number, body: any, text: string, headers: Headers }} Reply */

let engines = 0

/** @param {Schema} schema @param {WebOptions} options @param {object} [engineOptions] */
async function start({ url, prefix }, options, engineOptions = {}) {
  engines += 1
  const engine = await EramEngine.start({ name: `web ${engines}`, url, prefix, notify: false, logger: false, ...engineOptions })
  const web = createWeb(engine, options)
  return { engine, web, ...callerOf((request) => web.fetch(request)) }
}

/** @param {(request: Request) => Promise<Response>} send */
export function callerOf(send) {
  /**
   * @param {string} method
   * @param {string} path  below /api/v1
   * @param {unknown} [body]  a text as it is, anything else as JSON
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Reply>}
   */
  async function call(method, path, body, headers = {}) {
    const isRead = method === 'GET' || method === 'HEAD'
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const own = isRead ? {} : { 'x-eram': '1', ...(text !== undefined && { 'content-type': 'application/json' }) }
    const request = new Request(`http://localhost/api/v1${path}`, {
      method,
      headers: { ...own, ...headers },
      ...(text !== undefined && { body: text }),
    })
    const response = await send(request)
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
    if (isStream) await response.body?.cancel()
    const given = isStream ? '' : await response.text()
    return { status: response.status, text: given, body: given === '' ? null : JSON.parse(given), headers: response.headers }
  }
  return {
    call,
    get: (/** @type {string} */ path, /** @type {Record<string, string>} */ headers = {}) => call('GET', path, undefined, headers),
  }
}

/**
 * @param {(api: Api, schema: Schema) => Promise<void>} scenario
 * @param {Partial<WebOptions>} [options]
 * @param {object} [engineOptions]
 */
export const withApi = (scenario, options = {}, engineOptions = {}) =>
  withSchema(async (schema) => {
    const api = await start(schema, { access: 'all', ...options }, engineOptions)
    try {
      await scenario(api, schema)
    } finally {
      await api.engine.stop()
    }
  })
