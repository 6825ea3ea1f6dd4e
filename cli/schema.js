// What the commands know of the schema they work on: where it is, how far it is, and the way to change it.

import { EramEngine, EramError } from '../index.js'

/** @import { Option } from './main.js' */
/** @import { Terminal } from './terminal.js' */

/** @typedef {{ version: number, name: string, direction: 'up' | 'down' }} Step */
/**
 * @typedef {{ prefix: string, version: number, latest: number, pending: string[], steps: Step[], indexes: string[], from: number, to: number }} Answer
 */

/** @type {Record<string, Option>} */
export const SCHEMA = {
  prefix: { type: 'string', value: 'schema', help: 'the schema of the tables (public)' },
}

/** @type {Record<string, Option>} */
export const DATABASE = {
  url: { type: 'string', value: 'url', help: 'the database: postgres://user@host/name, or host=… dbname=…' },
  ...SCHEMA,
}

export class Schema {
  #options

  /**
   * @param {{ url?: string, prefix?: string }} values
   * @param {Terminal} io
   */
  constructor({ url, prefix = 'public' }, { env }) {
    const given = url ?? (env.DATABASE_URL || undefined)
    if (given === undefined && !Object.entries(env).some(([name, value]) => /^PG[A-Z]+$/.test(name) && value)) {
      throw new EramError('ERAM_CONFIG', 'database: expected --url, DATABASE_URL, or PGHOST and the other PG… variables, got none of them')
    }
    this.#options = { ...(given === undefined ? {} : { url: given }), prefix }
    this.prefix = prefix
    this.name = `schema ${JSON.stringify(prefix)} of ${place(given, env)}`
  }

  /** @returns {Promise<Answer>} */
  standing() {
    return ask({ ...this.#options, status: true })
  }

  /**
   * @param {{ to?: number, search_indexes?: boolean }} wish
   * @returns {Promise<Answer>}
   */
  migrate(wish) {
    return ask({ ...this.#options, ...wish })
  }
}

/**
 * The statements that lead from one version to another. Needs no database.
 * @param {{ prefix?: string, from?: number, to?: number }} wish
 * @returns {Promise<string>}
 */
export async function sqlOf(wish) {
  const { sql } = await ask({ ...wish, sql: true })
  return sql
}

/**
 * @param {object} options
 * @returns {Promise<any>}
 */
function ask(options) {
  return EramEngine.migrate(/** @type {any} */ (options))
}

/**
 * The database as a person knows it, without user and password.
 * @param {string | undefined} url
 * @param {Record<string, string | undefined>} env
 */
function place(url, env) {
  if (url === undefined) {
    const { PGHOST = 'localhost', PGPORT = '5432', PGDATABASE } = env
    return env.PGSERVICE ? `service ${env.PGSERVICE}` : `${PGHOST}:${PGPORT}${PGDATABASE ? `/${PGDATABASE}` : ''}`
  }
  try {
    const { host, pathname } = new URL(url)
    if (host) return host + (pathname === '/' ? '' : pathname)
  } catch {
    // Several hosts, or key=value: what is right for the server is not always a URL to Node.
  }
  return 'the given database'
}
