// eramjs mcp: serves tools to agents, over standard input and output or by HTTP.

import { createRequire } from 'node:module'
import { EramEngine, EramError } from '../../index.js'
import { createWeb } from '../../integrations/web/index.js'
import { accessOf, CHOICES } from '../mcp/access.js'
import { serveHttp } from '../mcp/http.js'
import { loadSdk } from '../mcp/sdk.js'
import { factory } from '../mcp/server.js'
import { toolsOf } from '../mcp/tools.js'
import { upstream } from '../mcp/upstream.js'
import { ADDRESS } from '../operation.js'
import { addressOf } from '../schema.js'

/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

export const summary = 'Serves tools to agents, by the Model Context Protocol'

export const about = `An agent sees queues, jobs, nodes and cron entries; it changes nothing, and sees no args, meta, results or errors, unless options
allow it. It speaks over standard input and output, or with --http to this machine alone; to other machines only with the
token of ERAM_MCP_TOKEN. It needs the package @modelcontextprotocol/server.`

export const protocol = true

const PORT = 4005
const LOOPBACK = ['127.0.0.1', '::1', 'localhost']
/** Characters of a token. */
const SHORTEST = 16

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  api: { type: 'string', value: 'url', help: 'the HTTP API of EramJS elsewhere, instead of a database: https://ops.example.com/eram' },
  token: { type: 'string', value: 'token', help: 'the bearer token for --api (default: ERAM_API_TOKEN)' },
  'allow-writes': { type: 'boolean', help: 'allow every change' },
  allow: {
    type: 'string',
    value: 'permissions',
    multiple: true,
    choices: CHOICES,
    help: 'allow these changes: jobs:retry,queues:pause',
  },
  payloads: { type: 'boolean', help: 'show args, meta, results, errors and logs of jobs' },
  redact: { type: 'string', value: 'path', multiple: true, help: 'hide this member of args, meta and results: password, args.card.*' },
  http: { type: 'boolean', help: 'serve by HTTP' },
  port: { type: 'string', value: 'N', help: `the port, with HTTP (default: ${PORT})` },
  host: { type: 'string', value: 'host', help: 'the address to serve on, with HTTP (default: 127.0.0.1)' },
  origin: { type: 'string', value: 'origin', multiple: true, help: 'also answer pages of this origin: https://ops.example.com' },
}

/** Of this package. @type {{ version: string }} */
const { version } = createRequire(import.meta.url)('../../package.json')

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { redact = [], http, port, host } = values
  const address = http || port !== undefined || host !== undefined ? httpOptions(values, io) : undefined
  accessOf(values)
  const sdk = await loadSdk(io.env)
  const { engine, granted } = values.api === undefined ? await started(values, io) : await elsewhere(values, io)
  try {
    const access = accessOf(values, granted)
    // Elsewhere, the API records what it changes.
    const audit = values.api === undefined ? undefined : /** @type {const} */ (false)
    const web = createWeb(engine, { access: () => access, redact, audit, refresh: false, limits: { keep: 0 } })
    const make = factory(sdk, version, await toolsOf(web, access), access)
    if (address === undefined) return await speak(() => sdk.serveStdio(make))
    const url = await serveHttp(sdk, make, address)
    if (values.json) io.print(JSON.stringify({ url, permissions: Object.keys(access).filter((name) => access[name]) }))
    else io.warn(`eramjs: serving ${url}`)
    // A signal ends the process.
    return await new Promise(() => {})
  } finally {
    if (values.api === undefined) await engine.stop()
  }
}

/** Serves until the agent's program closes standard input. @param {() => { close: () => Promise<void> }} serve */
async function speak(serve) {
  const closed = new Promise((resolve) => process.stdin.once('close', resolve).once('end', resolve))
  const served = serve()
  await closed
  await served.close()
  return 0
}

/** @param {Record<string, any>} values @param {Terminal} io */
function httpOptions({ port = PORT, host = '127.0.0.1', origin: origins = [] }, { env, warn }) {
  const token = env.ERAM_MCP_TOKEN || undefined
  const isLocal = LOOPBACK.includes(host)
  if (token !== undefined && token.length < SHORTEST) {
    throw new EramError('ERAM_CONFIG', `mcp: expected at least ${SHORTEST} characters in ERAM_MCP_TOKEN, got ${token.length}`)
  }
  if (token === undefined && !isLocal) {
    throw new EramError('ERAM_CONFIG', `mcp: expected ERAM_MCP_TOKEN to serve other machines, got --host ${host} alone`)
  }
  const wrong = origins.find((/** @type {string} */ origin) => !/^https?:\/\/[^/]+$/.test(origin) || !URL.canParse(origin))
  if (wrong !== undefined) {
    throw new EramError('ERAM_CONFIG', `--origin: expected an origin such as https://ops.example.com, got ${JSON.stringify(wrong)}`)
  }
  return { port, host, token, origins, isLocal, log: warn }
}

/** @param {Record<string, any>} values @param {Terminal} io */
async function elsewhere({ api, token, url }, { env, warn }) {
  if (url !== undefined) throw new EramError('ERAM_CONFIG', '--api: expected no --url beside it, got both')
  return upstream(api, token ?? (env.ERAM_API_TOKEN || undefined), warn)
}

/** @param {Record<string, any>} values @param {Terminal} io */
async function started(values, io) {
  const address = addressOf(values, io)
  const { environment } = await EramEngine.environment(address)
  const own = environment === null ? {} : { environment }
  const logger = { destination: io.warn, format: /** @type {const} */ ('json') }
  const engine = await EramEngine.start({ ...address, ...own, name: 'eramjs mcp', pool: 2, logger, signals: true })
  return { engine, granted: undefined }
}
