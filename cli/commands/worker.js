// eramjs worker: runs queues in this process, until it is stopped or, with --once, until nothing is runnable.

import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { EramEngine, EramError } from '../../index.js'
import { serve } from '../../integrations/http/index.js'
import { DONE, NO } from '../main.js'
import { addressOf } from '../schema.js'

/** @import { RunOnceResult } from '../../index.js' */
/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

/** Jobs of a queue that run at once, unless the command line says otherwise. */
const LIMIT = 10

export const summary = 'Runs queues in this process'

export const about = `Imports the files, which register job classes, and runs their jobs until SIGTERM or SIGINT; with --once,
until nothing is runnable: for cron jobs of the system and containers that end.`

export const operands = 'file'

/** @type {Record<string, Option>} */
export const options = {
  url: { type: 'string', value: 'url', help: 'the database: postgres://user@host/name, or host=… dbname=…' },
  prefix: { type: 'string', value: 'schema', help: 'the schema of the tables (default: public)' },
  queues: { type: 'string', value: 'queues', help: `the queues, each with its limit: emails,reports=2 (default: default=${LIMIT})` },
  environment: { type: 'string', value: 'name', help: 'the environment that the database is stamped with, if it is' },
  grace: { type: 'string', value: 'time', help: 'the time that running jobs have to end when it stops: 30s (default: 15s)' },
  port: { type: 'string', value: 'N', help: 'serve /health, /ready and /queues on this port' },
  host: { type: 'string', value: 'host', help: 'with --port, the address to serve on (default: 127.0.0.1)' },
  once: { type: 'boolean', help: 'end when nothing is runnable' },
  budget: { type: 'string', value: 'time', help: 'with --once, the time after which to end, whatever is left: 50s' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { file, environment, grace, once = false, budget, port, host, json } = values
  if (budget !== undefined && !once) throw new EramError('ERAM_CONFIG', '--budget: expected --once beside it, got none')
  if (host !== undefined && port === undefined) throw new EramError('ERAM_CONFIG', '--host: expected --port beside it, got none')
  const queues = queuesOf(values.queues ?? `default=${LIMIT}`)
  const address = addressOf(values, io)
  for (const each of file) await load(each)
  const engine = await EramEngine.start({
    ...address,
    ...(environment !== undefined && { environment }),
    ...(grace !== undefined && { grace: duration(grace) }),
    queues,
    signals: true,
    // Standard output is for the answer.
    logger: { destination: io.warn, format: io.interactive ? 'pretty' : 'json' },
  })
  if (engine.queues_disabled !== null) {
    await engine.stop()
    throw new EramError('ERAM_ENVIRONMENT', `worker: ${engine.queues_disabled}; pass --environment`)
  }
  if (port !== undefined) await serving(engine, { port, host })
  // A signal ends the process.
  if (!once) return new Promise(() => io.warn(`eramjs: running ${Object.keys(queues).join(', ')}`))
  try {
    const result = await engine.runOnce(budget === undefined ? {} : { budget: duration(budget) })
    io.print(json ? JSON.stringify(result) : textOf(result))
    return result.drained ? DONE : NO
  } finally {
    await engine.stop()
  }
}

/** @param {EramEngine} engine @param {{ port: number, host: string | undefined }} options */
async function serving(engine, options) {
  try {
    await serve(engine, options)
  } catch (error) {
    await engine.stop()
    throw error
  }
}

/** @param {string} file */
async function load(file) {
  try {
    await import(pathToFileURL(path.resolve(file)).href)
  } catch (cause) {
    if (cause instanceof EramError) throw cause
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new EramError('ERAM_LOAD', `${file}: expected a module that registers job classes, got an error: ${message}`, { cause })
  }
}

/** @param {string} text */
function queuesOf(text) {
  const queues = text.split(',').map((each) => {
    const [, name, limit = `${LIMIT}`] = /^\s*([^=\s]+)(?:=(\d{1,6}))?\s*$/.exec(each) ?? []
    if (name !== undefined && Number(limit) > 0) return [name, Number(limit)]
    throw new EramError(
      'ERAM_CONFIG',
      `--queues: expected names, each with a limit or without, such as emails,reports=2, got ${JSON.stringify(text)}`,
    )
  })
  return Object.fromEntries(queues)
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
