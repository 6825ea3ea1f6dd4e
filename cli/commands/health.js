// eramjs health: whether a worker, or the database and its schema, is fit for use. For the HEALTHCHECK of a container.

import { EramError } from '../../index.js'
import { DONE, NO } from '../main.js'
import { describe, onEngine } from '../operation.js'

/** @import { EngineHealth } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

/** Milliseconds for the answer of a worker. */
const TIMEOUT = 5000
/** The errors that are findings of this command. */
const FINDINGS = ['ERAM_UNAVAILABLE', 'ERAM_NOT_MIGRATED', 'ERAM_SCHEMA_TOO_NEW']

const described = describe('health', {
  about: `With an http URL it asks a worker that was started with --port, whether it is ready, or what
the path of the URL says: --url http://127.0.0.1:9394/health. Otherwise it asks the database, and
checks the schema. Exit code 0: yes, 1: no.`,
})
export const { summary, about } = described
const { url } = described.options
export const options = { ...described.options, ...(url && { url: { ...url, help: `${url.help}; or that of a worker: http://host:port` } }) }

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { json } = values
  const asked = /^https?:/.test(values.url ?? '') ? askWorker(values.url) : onEngine('health', { ...values, deep: true }, io).then(ofEngine)
  const { ok, health, problems } = await asked.catch(ofError)
  if (json) io.print(JSON.stringify(health))
  else io.print(ok ? 'ok' : problems.join('\n'))
  return ok ? DONE : NO
}

/** @typedef {{ ok: boolean, health: object, problems: string[] }} Finding */

/** @param {string} given @returns {Promise<Finding>} */
async function askWorker(given) {
  let url
  try {
    url = new URL(given)
  } catch {
    throw new EramError('ERAM_CONFIG', `--url: expected a URL such as http://127.0.0.1:9394, got ${JSON.stringify(given)}`)
  }
  if (url.pathname === '/') url.pathname = '/ready'
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT) })
    const health = /** @type {EngineHealth} */ (await response.json())
    const problems = health.checks ? problemsOf(health) : []
    return { ok: response.ok, health, problems: problems.length > 0 ? problems : [`${url}: answered ${response.status}`] }
  } catch (error) {
    const { message, cause } = /** @type {Error} */ (error)
    const problem = `${url}: no answer: ${cause instanceof Error ? cause.message : message}`
    return { ok: false, health: { status: 'down', message: problem }, problems: [problem] }
  }
}

/** @param {EngineHealth} health @returns {Finding} */
function ofEngine(health) {
  return { ok: health.ready, health, problems: problemsOf(health) }
}

/** @param {unknown} error @returns {Finding} */
function ofError(error) {
  if (!(error instanceof EramError && FINDINGS.includes(error.code))) throw error
  const { code, message } = error
  return { ok: false, health: { status: 'down', code, message }, problems: [`${code}: ${message}`] }
}

/** @param {EngineHealth} health */
function problemsOf({ checks }) {
  return Object.entries(checks).flatMap(([name, { ok, message }]) => (ok ? [] : `${name}: ${message ?? 'not ok'}`))
}
