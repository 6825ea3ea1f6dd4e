// The database of the tests. `npm test` starts one for all test files; a file that is run alone, `node --test <file>`, starts its
// own, which ends with the file. Each test works in a schema of its own.
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { startPostgres } from '../../scripts/postgres.js'

export { until } from './until.js'

process.env.DATABASE_URL ??= (await startPostgres()).url

/** A database that tests may fill with schemas. It is in the environment too, for threads and child processes. */
export const DATABASE_URL = process.env.DATABASE_URL

const DEADLOCK = '40P01'

/** @typedef {import('pg').QueryResultRow} Row */
/** @typedef {Awaited<ReturnType<typeof schema>>} Schema */

/**
 * A connection on which the test itself looks at the database and changes it.
 *
 * @param {string} [url]
 * @param {string} [prefix] the schema that unqualified names mean
 */
export async function sql(url = DATABASE_URL, prefix = undefined) {
  const client = new pg.Client({
    connectionString: url,
    application_name: 'eram test',
    ...(prefix && { options: `-c search_path=${prefix}` }),
  })
  client.on('error', () => {}) // an outage under test; the next query fails
  await client.connect()
  return {
    client,
    /**
     * The rows of one statement.
     *
     * @template {Row} [R=any]
     * @param {string} text
     * @param {unknown[]} [values]
     * @returns {Promise<R[]>}
     */
    rows: async (text, values) => (await client.query(text, values)).rows,
    /**
     * The only row of one statement.
     *
     * @template {Row} [R=any]
     * @param {string} text
     * @param {unknown[]} [values]
     * @returns {Promise<R>}
     */
    async row(text, values) {
      const { rows } = await client.query(text, values)
      if (rows.length !== 1) throw new Error(`${text}: expected one row, got ${rows.length}`)
      return rows[0]
    },
    end: () => client.end(),
  }
}

/**
 * A new schema with a name of its own, migrated unless `migrate: false`. `drop` it, or use `withSchema`, which does.
 *
 * @param {{ url?: string, migrate?: boolean }} [options]
 */
export async function schema({ url = DATABASE_URL, migrate = true } = {}) {
  const prefix = `t_${randomBytes(6).toString('hex')}`
  const connection = await sql(url, prefix)
  try {
    if (migrate) {
      const { EramEngine } = await import('../../index.js')
      await EramEngine.migrate({ url, prefix })
    } else {
      await connection.rows(`CREATE SCHEMA ${prefix}`)
    }
  } catch (error) {
    await connection.end()
    throw error
  }
  return {
    ...connection,
    url,
    prefix,
    async drop() {
      try {
        // A lock that is held for longer belongs to a connection that the test has not ended.
        await connection.rows(`SET lock_timeout = '30s'`)
        for (let tries = 1; ; tries++) {
          try {
            await connection.rows(`DROP SCHEMA ${prefix} CASCADE`)
            break
          } catch (error) {
            // The server may still run the last statement of an engine that has stopped.
            if (/** @type {any} */ (error).code !== DEADLOCK || tries === 5) throw error
          }
        }
      } finally {
        await connection.end()
      }
    },
  }
}

/**
 * Runs a test in a schema of its own and drops it afterwards. A test that fails leaves it to be looked at.
 *
 * @template T
 * @param {(schema: Schema) => T | Promise<T>} test
 * @param {{ url?: string, migrate?: boolean }} [options]
 * @returns {Promise<Awaited<T>>}
 */
export async function withSchema(test, options) {
  const own = await schema(options)
  let result
  try {
    result = await test(own)
  } catch (error) {
    await own.end()
    console.error(`The failed test left its schema: ${own.prefix} in ${own.url.replace(/:[^:@/]*@/, ':…@')}`)
    throw error
  }
  await own.drop()
  return result
}
