// A database of a test's own, for settings and encodings that a schema cannot have.
import { randomBytes } from 'node:crypto'
import { DATABASE_URL, sql } from './database.js'

/**
 * Runs a test in a migrated database of its own and drops it afterwards, in any case.
 *
 * @template T
 * @param {{ options?: string, settings?: string[] }} how  options: of CREATE DATABASE. settings: as in ALTER DATABASE … SET
 * @param {(own: { url: string, prefix: string }) => Promise<T>} test
 * @returns {Promise<T>}
 */
export async function withOwnDatabase({ options = '', settings = [] }, test) {
  const { EramEngine } = await import('../../index.js')
  const name = `t_${randomBytes(6).toString('hex')}`
  const url = Object.assign(new URL(DATABASE_URL), { pathname: `/${name}` }).href
  const server = await sql()
  try {
    await server.rows(`CREATE DATABASE ${name} ${options}`)
    for (const setting of settings) await server.rows(`ALTER DATABASE ${name} SET ${setting}`)
    await EramEngine.migrate({ url, prefix: 'jobs' })
    return await test({ url, prefix: 'jobs' })
  } finally {
    await server.rows(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`)
    await server.end()
  }
}
