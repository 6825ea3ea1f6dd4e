// The database: TypeORM's settings for the application's schema, and the schema of the jobs.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { EramEngine } from 'eramjs'
import { DataSource } from 'typeorm'

const url = process.env.DATABASE_URL
if (!url) throw new Error('DATABASE_URL: expected a connection string, got none; `npm run demo` starts a database of its own')

// The demo picks a unique name; the processes that it starts inherit it.
process.env.SIGNUP_SCHEMA ??= `signup_${randomBytes(4).toString('hex')}`

export const APP_SCHEMA = process.env.SIGNUP_SCHEMA
export const JOBS_SCHEMA = `${APP_SCHEMA}_jobs`

/** Plain JSON, with entities by path, so that EramJS can pass it to job threads. */
export const config = {
  type: /** @type {const} */ ('postgres'),
  url,
  schema: APP_SCHEMA,
  entities: [fileURLToPath(new URL('entities.js', import.meta.url))],
}

export const dataSource = new DataSource(config)

/** Creates both schemas with their tables. */
export async function createSchemas() {
  await dataSource.query(`CREATE SCHEMA ${APP_SCHEMA}`)
  await dataSource.synchronize()
  await EramEngine.migrate({ url, prefix: JOBS_SCHEMA })
}

/** Drops both schemas if they exist. */
export async function dropSchemas() {
  await dataSource.query(`DROP SCHEMA IF EXISTS ${APP_SCHEMA}, ${JOBS_SCHEMA} CASCADE`)
}
