// A database of its own for an application under test, which knows nothing of schemas.
import { randomBytes } from 'node:crypto'
import { EramEngine } from '../../../index.js'
import { DATABASE_URL, sql } from '../../support/database.js'

/** Creates a database, migrated unless `migrate: false`, and drops it after the test. @param {import('node:test').TestContext} t */
export async function database(t, { migrate = true } = {}) {
  const name = `a_${randomBytes(6).toString('hex')}`
  const server = await sql()
  await server.rows(`CREATE DATABASE ${name}`)
  t.after(async () => {
    await server.rows(`DROP DATABASE ${name} WITH (FORCE)`)
    await server.end()
  })
  const url = new URL(DATABASE_URL)
  url.pathname = `/${name}`
  if (migrate) await EramEngine.migrate({ url: url.href })
  return url.href
}
