// eramjs worker: runs queues in this process, until it is stopped or, with --once, until nothing is runnable.

import { EramEngine, EramError } from '../../index.js'
import { serve } from '../../integrations/http/index.js'
import { checkQueues, importFlags, loadClasses } from '../config/index.js'
import { DONE, NO, NOT_MIGRATED } from '../main.js'
import { addressOf } from '../schema.js'
import { watchWorker } from '../watch/index.js'
import { LIMIT, queuesOf, withFlags } from '../worker/queues.js'

/** @import { RunOnceResult } from '../../index.js' */
/** @import { Config } from '../config/index.js' */
/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

export const summary = 'Runs queues in this process'

export const about = `Imports the job files of the config and those of the command line, and runs their jobs until SIGTERM or SIGINT,
which it ends gracefully with exit code 0; a second signal ends it at once, with 143 or 130. With --once, runs until nothing is
runnable: for cron jobs of the system and containers that end.`

export const optional = 'file'

/** Of an error of a schema that is not migrated. */
export const codes = { ERAM_NOT_MIGRATED: NOT_MIGRATED }

/** @type {Record<string, Option>} */
export const options = {
  url: { type: 'string', value: 'url', help: 'the database: postgres://user@host/name, or host=… dbname=…' },
  prefix: { type: 'string', value: 'schema', help: 'the schema of the tables (default: public)' },
  queues: {
    type: 'string',
    value: 'queues',
    help: `only these queues, some with a limit: emails,reports=2 (default: those of the config, else default=${LIMIT})`,
  },
  except: { type: 'string', value: 'queues', multiple: true, help: 'all but these queues' },
  node: { type: 'string', value: 'name', help: 'the name of the node (default: $DYNO, else the host name)' },
  environment: { type: 'string', value: 'name', help: 'the environment that the database is stamped with, if it is' },
  grace: { type: 'string', value: 'time', help: 'the time that running jobs have to end when it stops: 30s (default: 15s)' },
  port: { type: 'string', value: 'N', help: 'serve /health, /ready, /queues and /metrics on this port' },
  host: { type: 'string', value: 'host', help: 'with --port, the address to serve on (default: 127.0.0.1)' },
  watch: { type: 'boolean', help: 'restart when a file changes, for development' },
  once: { type: 'boolean', help: 'end when nothing is runnable; exits with 1 if jobs were discarded' },
  budget: { type: 'string', value: 'time', help: 'with --once, the time after which to end, whatever is left: 50s' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {Config} [config]
 */
export async function run(values, io, config) {
  const { file: files, once = false, budget, json } = values
  check(values, config)
  if (values.watch) return watchWorker(io, { folder: config?.folder ?? process.cwd(), grace: values.grace === undefined })
  const address = addressOf(values, io)
  const warn = (/** @type {string} */ text) => io.warn(`eramjs: warning: ${text}`)
  await loadClasses(config, files, warn)
  const queues = queuesOf(config?.start.queues, values)
  checkQueues(Object.keys(queues), warn)
  const engine = await started(values, io, { ...config?.start, ...address, queues: withFlags(queues, importFlags(values.import ?? [])) })
  const { port = config?.http.port, host = config?.http.host } = values
  if (port !== undefined) await serving(engine, { port, host }, io)
  for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => io.warn('eramjs: stopping; a second signal ends the process at once'))
  // A signal ends the process.
  if (!once) return new Promise(() => io.warn(`eramjs: running ${Object.keys(queues).join(', ')}`))
  try {
    const result = await engine.runOnce(budget === undefined ? {} : { budget: duration(budget) })
    io.print(json ? JSON.stringify(result) : textOf(result))
    return result.drained && result.discard === 0 ? DONE : NO
  } finally {
    await engine.stop()
  }
}

/** @param {Record<string, any>} values @param {Config | undefined} config */
function check({ file: files, once = false, watch = false, budget, host, port }, config) {
  if (budget !== undefined && !once) throw new EramError('ERAM_CONFIG', '--budget: expected --once beside it, got none')
  if (host !== undefined && (port ?? config?.http.port) === undefined)
    throw new EramError('ERAM_CONFIG', '--host: expected --port beside it, got none')
  if (watch && once) throw new EramError('ERAM_CONFIG', '--watch: expected no --once beside it, got both')
  if (files.length === 0 && config === undefined) {
    throw new EramError(
      'ERAM_CONFIG',
      'worker: expected a config file or files of job classes, got neither; npx eramjs init writes a config',
    )
  }
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {import('../../index.js').StartOptions} options
 */
async function started({ environment, grace, node }, io, options) {
  const engine = await EramEngine.start({
    // Standard output is for the answer.
    logger: { destination: io.warn, format: io.interactive ? 'pretty' : 'json' },
    ...options,
    ...(environment !== undefined && { environment }),
    ...(grace !== undefined && { grace: duration(grace) }),
    ...(node !== undefined && { node }),
    signals: true,
  })
  if (engine.queues_disabled === null) return engine
  await engine.stop()
  throw new EramError('ERAM_ENVIRONMENT', `worker: ${engine.queues_disabled}; pass --environment`)
}

/** @param {EramEngine} engine @param {{ port: number, host: string | undefined }} options @param {Terminal} io */
async function serving(engine, options, io) {
  try {
    const { url } = await serve(engine, options)
    io.warn(`eramjs: serving ${url}`)
  } catch (error) {
    await engine.stop()
    throw error
  }
}

/** A number is in milliseconds, as in the options of an engine. @param {string} text */
function duration(text) {
  return /^\d+$/.test(text) ? Number(text) : text
}

/** @param {RunOnceResult} result */
function textOf({ drained, ...counts }) {
  const ended = Object.entries(counts).filter(([, count]) => count > 0)
  const what = ended.length === 0 ? 'no attempts' : ended.map(([outcome, count]) => `${count} ${outcome}`).join(', ')
  return drained ? `${what}; nothing is left` : `${what}; the budget is over, and jobs are left`
}
