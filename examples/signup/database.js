// Where the data is: TypeORM's settings for the application's own schema, and the schema of the jobs beside it.
import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { EramEngine } from 'eramjs'
import { DataSource } from 'typeorm'

const url = process.env.DATABASE_URL
if (!url) throw new Error('DATABASE_URL: expected a connection string, got none; `npm run demo` makes a database of its own')

// The demo picks a name that nobody else has; the processes that it starts inherit it.
process.env.SIGNUP_SCHEMA ??= `signup_${randomBytes(4).toString('hex')}`

export const APP_SCHEMA = process.env.SIGNUP_SCHEMA
export const JOBS_SCHEMA = `${APP_SCHEMA}_jobs`

/** Nothing but JSON, entities by their path, so that EramJS can hand it to the threads that jobs run on. */
export const config = {
  type: /** @type {const} */ ('postgres'),
  url,
  schema: APP_SCHEMA,
  entities: [fileURLToPath(new URL('entities.js', import.meta.url))],
}

export const dataSource = new DataSource(config)

/** Makes both schemas with all their tables. */
export async function createSchemas() {
  await dataSource.query(`CREATE SCHEMA ${APP_SCHEMA}`)
  await dataSource.synchronize()
  await EramEngine.migrate({ url, prefix: JOBS_SCHEMA })
}

/** Drops both, if they are there. */
export async function dropSchemas() {
  await dataSource.query(`DROP SCHEMA IF EXISTS ${APP_SCHEMA}, ${JOBS_SCHEMA} CASCADE`)
}
