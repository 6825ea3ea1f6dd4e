// What the commands know of the schema they work on: where it is, how far it is, and the way to change it.

import { EramEngine, EramError } from '../index.js'

/** @import { EnvironmentOptions, EnvironmentResult, MigrateOptions, MigrateResult } from '../index.js' */
/** @import { Option } from './main.js' */
/** @import { Terminal } from './terminal.js' */

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

  /**
   * Does something with an engine that serves no queue, of whatever environment the database is: an operator's hand.
   * @template T
   * @param {(engine: EramEngine) => Promise<T>} act
   */
  async engine(act) {
    const { environment } = await EramEngine.environment(this.#options)
    const own = environment === null ? {} : { environment }
    const engine = await EramEngine.start({ ...this.#options, ...own, name: 'eramjs', pool: 1, notify: false, logger: false })
    try {
      return await act(engine)
    } finally {
      await engine.stop()
    }
  }

  /** How far it is. @returns {Promise<MigrateResult>} */
  standing() {
    return EramEngine.migrate({ ...this.#options, status: true })
  }

  /** @param {Pick<MigrateOptions, 'to' | 'search_indexes'>} wish @returns {Promise<MigrateResult>} */
  migrate(wish) {
    return EramEngine.migrate({ ...this.#options, ...wish })
  }

  /** @param {Pick<EnvironmentOptions, 'set' | 'force'>} wish @returns {Promise<EnvironmentResult>} */
  environment(wish) {
    return EramEngine.environment({ ...this.#options, ...wish })
  }
}

/**
 * The statements that lead from one version to another. Needs no database.
 * @param {{ prefix?: string, from?: number, to?: number }} wish
 * @returns {Promise<string>}
 */
export async function sqlOf(wish) {
  const { sql = '' } = await EramEngine.migrate({ ...wish, sql: true })
  return sql
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
