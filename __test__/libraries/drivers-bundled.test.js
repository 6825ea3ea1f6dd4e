// A transaction is still known when a bundler has put the application, its libraries and ours into one file and given every class
// a short name.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { DATABASE_URL } from '../helpers/database.js'
import { finished } from '../helpers/snippets.js'

const FOLDER = path.dirname(fileURLToPath(import.meta.url))

const PROGRAM = `
import { drizzle } from 'drizzle-orm/node-postgres'
import knexTo from 'knex'
import { Kysely, PostgresDialect } from 'kysely'
import { Model } from 'objection'
import pg from 'pg'
import pgPromise from 'pg-promise'
import postgres from 'postgres'
import { resolveExecutor } from '../../lib/drivers/index.js'

const url = process.env.DATABASE_URL
const pool = new pg.Pool({ connectionString: url })
const knex = knexTo({ client: 'pg', connection: url })
const db = new Kysely({ dialect: new PostgresDialect({ pool }) })
const orm = drizzle(pool)
const sql = postgres(url)
const promised = pgPromise({ noWarnings: true })(url)
class User extends Model {}
User.tableName = 'users'
User.knex(knex)

const told = []
const tell = async (tx) => {
  const { name, query } = resolveExecutor(tx)
  const [{ answer }] = await query('select $1 as answer', ['yes'])
  told.push([name, answer])
}

const client = await pool.connect()
await client.query('BEGIN')
await tell(client)
await client.query('ROLLBACK')
client.release()
await knex.transaction(tell)
await User.transaction((trx) => tell(User.bindTransaction(trx)))
await sql.begin(tell)
await db.transaction().execute(tell)
await orm.transaction(tell)
await promised.tx(tell)

const refused = []
for (const tx of [pool, knex, User, sql, db, orm, promised]) {
  try {
    resolveExecutor(tx)
  } catch (error) {
    refused.push(/expected an open ([\\w-]+) transaction/.exec(error.message)?.[1])
  }
}
await Promise.all([pool.end(), knex.destroy(), sql.end(), promised.$pool.end()])
console.log(JSON.stringify({ told, refused, names: [client.constructor.name, db.constructor.name] }))
`

test('after a minifier every transaction is known, and everything else refused', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'eram-bundled-'))
  const outfile = path.join(folder, 'main.mjs')
  try {
    await build({
      stdin: { contents: PROGRAM, resolveDir: FOLDER, loader: 'js' },
      outfile,
      bundle: true,
      minify: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      logLevel: 'error',
      // Drivers of other databases, which knex would load if they were asked for.
      external: ['better-sqlite3', 'mariadb', 'mysql', 'mysql2', 'oracledb', 'pg-native', 'sqlite3', 'tedious'],
      banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    })
    const { code, out } = await finished(process.execPath, [outfile], { env: { DATABASE_URL } })
    // Not the line of the bundle, which is all of it.
    assert.equal(code, 0, out.slice(-1000))
    const libraries = ['pg', 'knex', 'objection', 'postgres', 'kysely', 'drizzle', 'pg-promise']
    const { told, refused, names } = JSON.parse(out)
    assert.deepEqual(
      told,
      libraries.map((name) => [name, 'yes']),
    )
    assert.deepEqual(refused, libraries)
    // Without short names this would prove nothing.
    for (const name of names) assert.ok(name.length <= 3, name)
  } finally {
    await rm(folder, { recursive: true })
  }
})
