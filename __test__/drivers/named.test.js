// Drivers as EramEngine.start() takes them: where the engine connects, what job threads get, and jobs' own transactions.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import pg from 'pg'
import { DataSource, EntitySchema } from 'typeorm'
import { openDriver, prepareDriver } from '../../lib/drivers/index.js'
import { DATABASE_URL, sql } from '../support/database.js'

const folder = await mkdtemp(join(tmpdir(), 'eram-drivers-'))
after(() => rm(folder, { recursive: true }))

/** @param {string} name @param {string} text */
async function file(name, text) {
  const path = join(folder, name)
  await writeFile(path, text)
  return path
}

/** @param {unknown} driver */
const urlOf = async (driver) => (await prepareDriver(driver)).url

const PEM = '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----'

/** What job threads get. @param {unknown} driver */
async function specOf(driver) {
  const { spec, close } = await prepareDriver(driver)
  await close()
  return spec
}

const resolve = (/** @type {string} */ name) => fileURLToPath(import.meta.resolve(name))

test('the engine connects where the library would', async () => {
  delete process.env.PGHOST
  const pgType = (/** @type {object} */ config) => ({ type: 'pg', config })
  const typeorm = (/** @type {object} */ config) => ({ type: 'typeorm', config: { type: 'postgres', ...config } })
  const tls = "sslmode='verify-full' sslrootcert='system'"
  for (const [driver, url] of /** @type {[unknown, string][]} */ ([
    [{ url: 'postgres://a@b/c' }, 'postgres://a@b/c'],
    [pgType({ connectionString: 'postgres://a@b/c' }), 'postgres://a@b/c'],
    [pgType({ connectionString: 'postgres://a@b/c', ssl: { rejectUnauthorized: false } }), 'postgres://a@b/c?sslmode=no-verify'],
    [pgType({ connectionString: 'postgres://a@b/c?x=1', ssl: true }), 'postgres://a@b/c?x=1&sslmode=verify-full&sslrootcert=system'],
    [pgType({ connectionString: 'postgres://a@b/c?sslmode=disable', ssl: true }), 'postgres://a@b/c?sslmode=disable'],
    // pg takes all modes above disable for verify-full, except no-verify.
    [
      pgType({ connectionString: 'postgres://a@b/c?sslmode=require' }),
      'postgres://a@b/c?sslmode=require&sslmode=verify-full&sslrootcert=system',
    ],
    [{ url: 'postgres://a@b/c?sslmode=prefer' }, 'postgres://a@b/c?sslmode=prefer&sslmode=verify-full&sslrootcert=system'],
    [pgType({ connectionString: 'postgres://a@b/c?ssl=true' }), 'postgres://a@b/c?ssl=true&sslmode=verify-full&sslrootcert=system'],
    [typeorm({ url: 'postgres://a@b/c?sslmode=no-verify' }), 'postgres://a@b/c?sslmode=no-verify'],
    [
      typeorm({ url: 'postgres://a@b/c?sslmode=require', ssl: { rejectUnauthorized: true } }),
      'postgres://a@b/c?sslmode=require&sslmode=verify-full&sslrootcert=system',
    ],
    [pgType({ connectionString: 'postgres://a@b/c?sslrootcert=/ca' }), 'postgres://a@b/c?sslrootcert=/ca&sslmode=verify-full'],
    [
      pgType({ connectionString: 'postgres://a@b/c?uselibpqcompat=true&sslmode=require' }),
      'postgres://a@b/c?uselibpqcompat=true&sslmode=require',
    ],
    [pgType({ host: 'h', ssl: { ca: PEM, servername: 's' } }), `host='h' sslmode='verify-full' sslrootcert='${PEM}' sslservername='s'`],
    [pgType({ host: 'h', ssl: { ca: [Buffer.from(PEM), PEM] } }), `host='h' sslmode='verify-full' sslrootcert='${PEM}\n${PEM}'`],
    [
      new pg.Pool({ host: 'h', ssl: { cert: PEM, key: PEM, rejectUnauthorized: false } }),
      `host='h' sslmode='no-verify' sslcert='${PEM}' sslkey='${PEM}'`,
    ],
    [pgType({}), "host='localhost'"],
    [
      pgType({ host: '/var/run', port: 6432, user: "o'neill", password: 'p\\w d', database: 'app' }),
      "host='/var/run' port='6432' user='o\\'neill' password='p\\\\w d' dbname='app'",
    ],
    [pgType({ host: '::1', ssl: true }), `host='::1' ${tls}`],
    [pgType({ host: 'h', ssl: false }), "host='h' sslmode='disable'"],
    [typeorm({ url: 'postgres://a@b/c' }), 'postgres://a@b/c'],
    [typeorm({ host: 'h', port: 1, username: 'u', password: 'p', database: 'd' }), "host='h' port='1' user='u' password='p' dbname='d'"],
    [typeorm({ host: 'h', extra: { ssl: true } }), `host='h' ${tls}`],
    [typeorm({ replication: { master: { host: 'm', username: 'u' }, slaves: [] } }), "host='m' user='u'"],
    [new pg.Pool({ host: 'h', user: 'u', password: 'p' }), "host='h' user='u' password='p'"],
    [new DataSource({ type: 'postgres', host: 'h', username: 'u' }), "host='h' user='u'"],
  ])) {
    assert.equal(await urlOf(driver), url)
  }
})

test('the connection string means the same to the server', async () => {
  const { hostname: host, port, username: user, password, pathname } = new URL(DATABASE_URL)
  const url = await urlOf({ type: 'pg', config: { host, port: Number(port), user, password, database: pathname.slice(1) } })
  // libpq reads it as the engine does.
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const psql = await promisify(execFile)('psql', [url, '-Atc', 'select current_user']).catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (psql) assert.equal(psql.stdout.trim(), user)
})

test('options for job threads have to be JSON', async () => {
  const from = process.argv[1]
  const config = { connectionString: DATABASE_URL }
  assert.deepEqual(await specOf({ type: 'pg', config }), { type: 'pg', config, from })
  assert.deepEqual(await specOf({ url: DATABASE_URL }), { type: 'pg', config, from })
  assert.deepEqual(await specOf(new pg.Pool({ ...config, max: 3 })), { type: 'pg', config: { ...config, max: 3 }, from })
  assert.equal(await specOf(new DataSource({ type: 'postgres', url: DATABASE_URL })), null)
  const filename = await source('threads.mjs')
  assert.deepEqual(await specOf({ type: 'typeorm', filename: pathToFileURL(filename), export: 'db' }), {
    type: 'typeorm',
    filename,
    export: 'db',
    from,
  })
})

test('an invalid driver is refused with the place of the mistake', async () => {
  class User {}
  const hint = 'job threads get the config as JSON: name a file that exports the instance'
  for (const [driver, message] of /** @type {[unknown, RegExp][]} */ ([
    [5, /^driver: expected \{ url \}, \{ type, config \}.*, got 5$/],
    [{}, new RegExp(`^driver\\.type: expected one of ${TYPES}, got undefined$`)],
    [{ type: 'mysql', config: {} }, new RegExp(`^driver\\.type: expected one of ${TYPES}, got "mysql"$`)],
    [{ type: 'pg', conifg: {} }, /^driver: expected only type, config, filename, export, instance, url, got "conifg"$/],
    [{ type: 'pg', config: 'postgres://' }, /^driver\.config: expected an object, got "postgres:\/\/"$/],
    [{ url: '' }, /^driver\.url: expected a connection string, got ""$/],
    [{ type: 'pg', filename: './db.js' }, /^driver\.filename: expected an absolute path or a file: URL, got "\.\/db\.js"$/],
    [{ type: 'pg', filename: '/no/such/db.js' }, /^driver\.filename: expected a file that exists, got/],
    [{ type: 'custom' }, /^driver\.filename: expected a path, got undefined/],
    [
      { type: 'typeorm', config: { type: 'postgres', logger: () => {} } },
      new RegExp(`^driver\\.config\\.logger: expected JSON, got a function; ${hint}`),
    ],
    [
      { type: 'typeorm', config: { type: 'postgres', entities: [User] } },
      new RegExp(`^driver\\.config\\.entities\\[0\\]: expected a path or glob, got class User; ${hint}`),
    ],
    [
      { type: 'typeorm', config: { type: 'postgres', entities: [new EntitySchema({ name: 'U', columns: {} })] } },
      new RegExp(`^driver\\.config\\.entities\\[0\\]: expected a path or glob, got an EntitySchema; ${hint}`),
    ],
    [{ type: 'typeorm', config: { type: 'mysql' } }, /^driver\.config\.type: expected "postgres", got "mysql"$/],
    [
      { type: 'pg', config: { host: 'h', ssl: { ca: 'PEM' } } },
      /^driver\.config\.ssl\.ca: expected PEM, which begins with "-----BEGIN", got something else; read the file with readFileSync$/,
    ],
    [
      new pg.Pool({ host: 'h', ssl: { checkServerIdentity: () => undefined } }),
      /^driver\.ssl\.checkServerIdentity: expected none, as the engine cannot call it, got a function; sslmode=verify-ca/,
    ],
    [
      { type: 'pg', config: { host: 'h', ssl: { pfx: 'x' } } },
      /^driver\.config\.ssl\.pfx: expected none, but cert and key in PEM, which the engine can use as well, got "x"/,
    ],
    [
      { type: 'pg', config: { host: 'h', ssl: { cert: '-----BEGIN CERTIFICATE-----' } } },
      /^driver\.config\.ssl\.key: expected the key of cert, got undefined/,
    ],
    [
      new pg.Pool({ host: 'h', password: () => 'token' }),
      /^driver\.password: expected text that the engine can use as well, got a function; pass a url for the engine too/,
    ],
  ])) {
    await assert.rejects(urlOf(driver), { code: 'ERAM_CONFIG', message })
  }
})

const TYPES = 'objection, knex, bookshelf, postgres, prisma, sequelize, mikro-orm, typeorm, kysely, drizzle, slonik, pg, custom'

/** A file that exports a DataSource. @param {string} name */
const source = (name) =>
  file(
    name,
    `import { DataSource } from ${JSON.stringify(resolve('typeorm'))}; export const db = new DataSource({ type: 'postgres', url: ${JSON.stringify(DATABASE_URL)} })`,
  )

/** @param {unknown} driver @param {(table: string, opened: Awaited<ReturnType<typeof openDriver>>) => Promise<void>} scenario */
async function withOpened(driver, scenario) {
  const opened = await openDriver(driver, 1)
  const { rows, end } = await sql()
  const table = `t_${Math.random().toString(36).slice(2)}`
  try {
    await rows(`CREATE TABLE ${table} (n int)`)
    await scenario(table, opened)
    assert.deepEqual(await rows(`SELECT n FROM ${table}`), [{ n: 1 }])
  } finally {
    await rows(`DROP TABLE ${table}`)
    await end()
    await opened.close()
  }
}

const drivers = {
  url: async () => ({ url: DATABASE_URL }),
  pg: async () => ({ type: 'pg', config: { connectionString: DATABASE_URL } }),
  typeorm: async () => ({ type: 'typeorm', config: { type: 'postgres', url: DATABASE_URL } }),
  'an exported pg Pool': async () => ({
    type: 'pg',
    export: 'pool',
    filename: await file(
      'pool.mjs',
      `import pg from ${JSON.stringify(resolve('pg'))}; export const pool = new pg.Pool({ connectionString: ${JSON.stringify(DATABASE_URL)} })`,
    ),
  }),
  'an exported DataSource in CommonJS': async () => ({
    type: 'typeorm',
    filename: await file(
      'source.cjs',
      `const { DataSource } = require(${JSON.stringify(resolve('typeorm'))}); module.exports = { source: new DataSource({ type: 'postgres', url: ${JSON.stringify(DATABASE_URL)} }) }`,
    ),
  }),
  'an exported function that makes a Pool': async () => ({
    type: 'pg',
    config: { connectionString: DATABASE_URL },
    filename: await file(
      'maker.mjs',
      `import pg from ${JSON.stringify(resolve('pg'))}; export default async (config) => new pg.Pool(config)`,
    ),
  }),
  custom: async () => ({
    type: 'custom',
    config: { url: DATABASE_URL },
    filename: await file(
      'custom.mjs',
      `
      import pg from ${JSON.stringify(resolve('pg'))}
      export const driver = (config) => ({
        postgresql_url: config.url,
        async runInTransaction(fn) {
          const client = new pg.Client({ connectionString: config.url })
          await client.connect()
          try {
            await client.query('BEGIN')
            const result = await fn(client)
            await client.query('COMMIT')
            return result
          } finally {
            await client.end()
          }
        },
      })`,
    ),
  }),
}

for (const [name, driver] of Object.entries(drivers)) {
  test(`${name}: the URL is found, and a transaction commits or rolls back`, async () => {
    assert.equal(await urlOf(await driver()), DATABASE_URL)
    // As a job thread gets it.
    const json = JSON.parse(JSON.stringify(await specOf(await driver())))
    await withOpened(json, async (table, opened) => {
      const done = opened.transaction(async (tx) => {
        await tx.query(`INSERT INTO ${table} VALUES (1)`)
        return 'result'
      })
      assert.equal(await done, 'result')
      const undone = opened.transaction(async (tx) => {
        await tx.query(`INSERT INTO ${table} VALUES (2)`)
        throw new Error('undo')
      })
      await assert.rejects(undone, { message: 'undo' })
    })
  })
}

test('a live instance is used and left open', async () => {
  const pool = new pg.Pool({ connectionString: DATABASE_URL })
  const { open } = await prepareDriver(pool)
  const opened = await open(1)
  assert.equal(opened.root, pool)
  await opened.transaction((tx) => tx.query('SELECT 1'))
  await opened.close()
  assert.equal(pool.ended, false)
  await pool.end()
})

test('pg: an error that was swallowed does not pass for a commit', async () => {
  const opened = await openDriver({ url: DATABASE_URL }, 1)
  const swallowed = opened.transaction((tx) => tx.query('SELECT no_such_column').catch(() => 'fine'))
  await assert.rejects(swallowed, { code: 'ERAM_DATABASE', message: /expected COMMIT, the server rolled back/ })
  await opened.close()
})

test('pg: a connection that breaks fails the transaction and nothing else', async () => {
  const opened = await openDriver({ url: DATABASE_URL }, 1)
  const { rows, end } = await sql()
  const broken = opened.transaction(async (tx) => {
    const {
      rows: [{ pid }],
    } = await tx.query('SELECT pg_backend_pid() AS pid')
    await rows('SELECT pg_terminate_backend($1, 5000)', [pid])
    await tx.query('SELECT 1')
  })
  await assert.rejects(broken)
  assert.equal(await opened.transaction(async () => 'well'), 'well')
  await opened.close()
  await end()
})

test('a file with other exports has a different error from one that cannot be imported', async () => {
  const filename = await file('other.mjs', 'export const a = 1; export const b = 2')
  await assert.rejects(prepareDriver({ type: 'pg', filename }), {
    code: 'ERAM_DRIVER',
    message: /expected an export to be a ready pg instance or a function that makes one, got undefined; it exports a, b$/,
  })
  await assert.rejects(prepareDriver({ type: 'custom', filename }), {
    code: 'ERAM_DRIVER',
    message: /expected it to export a function driver\(config\), got undefined$/,
  })
  const broken = await file('broken.mjs', 'throw new Error("at load")')
  await assert.rejects(prepareDriver({ type: 'pg', filename: broken }), {
    code: 'ERAM_DRIVER',
    message: /expected to import .*broken\.mjs, got at load$/,
  })
  const bare = await file('bare.mjs', 'export const driver = () => ({ runInTransaction() {} })')
  await assert.rejects(urlOf({ type: 'custom', filename: bare }), {
    code: 'ERAM_DRIVER',
    message: /postgresql_url: expected a connection string, got undefined$/,
  })
})
