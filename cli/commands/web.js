// eramjs web: serves the dashboard and the HTTP API of a schema, until it is stopped.

import { EramError } from '../../index.js'
import { serve } from '../../integrations/web/index.js'
import { ADDRESS } from '../operation.js'
import { addressOf } from '../schema.js'
import { basicAuth } from '../web/basic-auth.js'
import { webEngine } from '../web/engine.js'

/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

export const summary = 'Serves the dashboard and the HTTP API of a schema'

export const about = `Shows and changes queues, jobs and cron entries of all nodes, until SIGTERM or SIGINT; it runs no jobs and migrates nothing.
With ERAM_WEB_USER and ERAM_WEB_PASSWORD, requests need that name and password, except /health and /ready. Without them it
serves this machine alone.`

const PORT = 4004
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  port: { type: 'string', value: 'N', help: `the port (default: ${PORT})` },
  host: { type: 'string', value: 'host', help: 'the address to serve on (default: 127.0.0.1)' },
  'read-only': { type: 'boolean', help: 'change nothing' },
  origin: {
    type: 'string',
    value: 'origin',
    multiple: true,
    help: 'also allow changes from pages of this origin: https://ops.example.com',
  },
  redact: { type: 'string', value: 'path', multiple: true, help: 'hide this member of args, meta and results: password, args.card.*' },
  'insecure-no-auth': { type: 'boolean', help: 'serve other machines without a password' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { port = PORT, host = '127.0.0.1', 'read-only': isReadOnly = false, origin: origins = [], redact = [], json } = values
  const authenticate = authentication(io.env, host, values['insecure-no-auth'])
  const engine = await started(values, io)
  const access = isReadOnly ? 'read-only' : 'all'
  try {
    const { url } = await serve(engine, { port, host, origins, redact, access, ...(authenticate && { authenticate }) })
    if (json) io.print(JSON.stringify({ url: `${url}/api/v1`, read_only: isReadOnly }))
    else io.warn(`eramjs: serving ${url}/api/v1, and the dashboard: ${url}`)
  } catch (error) {
    await engine.stop()
    throw error
  }
  // A signal ends the process.
  return new Promise(() => {})
}

/** @param {Terminal['env']} env @param {string} host @param {boolean} isInsecure */
function authentication({ ERAM_WEB_USER: name, ERAM_WEB_PASSWORD: password }, host, isInsecure = false) {
  if (name && password) return basicAuth(name, password)
  if (name || password) {
    throw new EramError('ERAM_CONFIG', `web: expected ERAM_WEB_USER and ERAM_WEB_PASSWORD, got ${name ? 'no password' : 'no user'}`)
  }
  if (LOOPBACK.includes(host) || isInsecure) return undefined
  throw new EramError(
    'ERAM_CONFIG',
    `web: expected ERAM_WEB_USER and ERAM_WEB_PASSWORD to serve other machines, got --host ${host} alone; --insecure-no-auth serves all that reach it`,
  )
}

/** @param {Record<string, any>} values @param {Terminal} io */
async function started(values, io) {
  const logger = { destination: io.warn, format: io.interactive ? /** @type {const} */ ('pretty') : /** @type {const} */ ('json') }
  return webEngine(addressOf(values, io), { logger, signals: true })
}
