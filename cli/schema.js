// The schema that a command works on: its database, its version, and operations on it.

import { EramEngine, EramError } from '../index.js'
import { operationNamed, perform } from '../lib/operations/index.js'
import { readUrl } from './dev/env.js'

/** @import { Driver, MigrateResult } from '../index.js' */
/** @import { Terminal } from './terminal.js' */

/** @typedef {{ url?: string, driver?: Driver, prefix?: string }} Address */

export class Schema {
  #options

  /**
   * @param {Address} values
   * @param {Terminal} io
   */
  constructor(values, io) {
    this.#options = addressOf(values, io)
    const { url, driver, prefix } = this.#options
    this.prefix = prefix
    const database = driver !== undefined && url === undefined ? 'the database of the driver' : databaseName(url, io.env)
    this.name = `schema ${JSON.stringify(prefix)} of ${database}`
  }

  /**
   * Calls `act` with an engine that does not serve queues, in the environment that the database is stamped with.
   * @template T
   * @param {(engine: EramEngine) => Promise<T>} act
   * @param {{ notify?: boolean }} [options]
   */
  async engine(act, { notify = false } = {}) {
    const { environment } = await EramEngine.environment(this.#options)
    const own = environment === null ? {} : { environment }
    const engine = await EramEngine.start({ ...this.#options, ...own, name: 'eramjs', pool: 1, notify, logger: false })
    try {
      return await act(engine)
    } finally {
      await engine.stop()
    }
  }

  /** The version of the schema. @returns {Promise<MigrateResult>} */
  status() {
    return this.perform('schema.status')
  }

  /**
   * Performs an operation on the schema, without an engine.
   * @param {string} name
   * @param {Record<string, unknown>} [options]
   */
  perform(name, options) {
    return perform(operationNamed(name), EramEngine, { ...this.#options, ...options })
  }
}

/**
 * The database and the schema in it.
 * @param {Address} values
 * @param {Pick<Terminal, 'env'>} io
 * @returns {Address & { prefix: string }}
 */
export function addressOf({ url, driver, prefix = 'public' }, { env }) {
  if (driver !== undefined) return { ...(url === undefined ? {} : { url }), driver, prefix }
  const isElsewhere = Object.entries(env).some(([name, value]) => /^PG[A-Z]+$/.test(name) && value)
  const given = url ?? (env.DATABASE_URL || (isElsewhere ? undefined : readUrl()))
  if (given === undefined && !isElsewhere) {
    throw new EramError(
      'ERAM_CONFIG',
      'database: expected --url, DATABASE_URL, or PGHOST and the other PG… variables, got none of them; set one, or write it to .env',
    )
  }
  return { ...(given === undefined ? {} : { url: given }), prefix }
}

/**
 * The statements that migrate from one version to another. Does not need a database.
 * @param {{ prefix?: string, from?: number, to?: number }} options
 * @returns {Promise<string>}
 */
export async function sqlOf(options) {
  const { sql } = await perform(operationNamed('schema.sql'), EramEngine, options)
  return sql
}

/**
 * The database for display, without user and password.
 * @param {string | undefined} url
 * @param {Record<string, string | undefined>} env
 */
function databaseName(url, env) {
  if (url === undefined) {
    const { PGHOST = 'localhost', PGPORT = '5432', PGDATABASE } = env
    return env.PGSERVICE ? `service ${env.PGSERVICE}` : `${PGHOST}:${PGPORT}${PGDATABASE ? `/${PGDATABASE}` : ''}`
  }
  try {
    const { host, pathname } = new URL(url)
    if (host) return host + (pathname === '/' ? '' : pathname)
  } catch {
    // Several hosts, or the key=value form: valid for the engine, but not a URL.
  }
  return 'the given database'
}
