// Every library enqueues through PgBouncer in transaction mode, which hands the server's connections from one client to the other
// between transactions; and an engine works off what it enqueued.
import assert from 'node:assert/strict'
import { symlink } from 'node:fs/promises'
import path from 'node:path'
import { after, before, describe, test } from 'node:test'
import postgres from 'postgres'
import { createPool } from 'slonik'
import { EramEngine } from '../../index.js'
import { ClockJob } from '../crash/programs/clock.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { createHarness } from '../support/fixtures/engine.js'
import { missing, startPgbouncer } from '../support/pgbouncer.js'
import { runRandomTransactions } from '../support/random-transactions.js'
import { finished, project, ROOT, snippets, TSCONFIG } from '../support/snippets.js'
import { Signup } from '../support/transactions.js'
import { libraries } from './adapters/index.js'

const GUIDE = 'docs/guides/pgbouncer.md'

/** The settings that the guide advises, for fewer connections than clients have transactions. */
const SETTINGS = String(snippets(GUIDE).find(({ lang }) => lang === 'ini')?.text)
  .split('[pgbouncer]')
  .slice(-1)
  .join()
  .trim()
  .replace(/^listen_.*\n/gm, '')
  .replace(/^default_pool_size = \d+$/m, 'default_pool_size = 3')

/** @typedef {Awaited<ReturnType<typeof startPgbouncer>>} Pgbouncer */

describe('through PgBouncer in transaction mode', { skip: missing }, () => {
  /** @type {Pgbouncer} */
  let pgbouncer
  before(async () => {
    assert.match(SETTINGS, /^pool_mode = transaction$/m)
    assert.match(SETTINGS, /^default_pool_size = 3$/m)
    pgbouncer = await startPgbouncer(DATABASE_URL, SETTINGS)
  })
  after(() => pgbouncer?.stop())

  for (const [library, load] of Object.entries(libraries)) {
    test(`${library}: of many transactions that end in every way, jobs and rows are the same`, async (t) => {
      for (const [name, open] of Object.entries(await load())) {
        t.diagnostic(name)
        await withSchema(async (schema) => {
          const adapter = await open({ url: pgbouncer.url, prefix: schema.prefix, connections: 8, pooled: true })
          try {
            await runRandomTransactions(adapter, schema, t, { count: 100 })
          } finally {
            await adapter.close()
          }
        })
      }
    })
  }

  test('postgres.js with its prepared statements reports commits that were none, with and without jobs', () =>
    withSchema(async ({ prefix, rows }) => {
      await rows('CREATE TABLE signups (email text)')
      for (const enqueues of [false, true]) {
        await rows('TRUNCATE signups')
        const sql = postgres(pgbouncer.url, { max: 8, onnotice: () => {} })
        const all = await Promise.allSettled(
          Array.from({ length: 200 }, (_, i) =>
            sql.begin(async (tx) => {
              await tx.unsafe(`insert into "${prefix}".signups values ($1)`, [String(i)])
              if (enqueues) await Signup.enqueue({ email: String(i) }, { tx, prefix })
            }),
          ),
        )
        await sql.end({ timeout: 5 })
        const resolved = all.filter(({ status }) => status === 'fulfilled').length
        const [{ count }] = await rows('SELECT count(*)::int FROM signups')
        assert.ok(count < resolved, `${count} rows of ${resolved} transactions that resolved`)
        // What is lost is the transaction: a job without its row there is not.
        if (enqueues) assert.equal((await rows('SELECT FROM eram_jobs')).length, count)
      }
    }))

  test('slonik is turned away unless its startup parameter is ignored', async () => {
    const strict = await startPgbouncer(DATABASE_URL)
    try {
      await assert.rejects(createPool(strict.url, { connectionRetryLimit: 0 }), { code: '08P01', message: /startup parameter/ })
    } finally {
      await strict.stop()
    }
  })

  test('an engine polls, and performs what was enqueued through it', () =>
    withSchema(async (schema) => {
      const { prefix } = schema
      const engine = await EramEngine.start({
        url: pgbouncer.url,
        prefix,
        pgbouncer: true,
        queues: { clock: 5 },
        poll_interval: 100,
      })
      const sql = postgres(pgbouncer.url, { prepare: false })
      try {
        const { waitForState } = createHarness(engine, schema)
        for (let i = 0; i < 5; i++) {
          let [id, asked] = [0, 0]
          await sql.begin(async (tx) => {
            id = Number((await ClockJob.enqueue({}, { tx, prefix })).id)
            asked = Date.now()
          })
          const { result: began, attempt } = await waitForState(id, 'completed')
          assert.equal(attempt, 1)
          assert.ok(began >= asked)
        }
        // Through its own pool as well.
        await waitForState(Number((await ClockJob.enqueue({})).id), 'completed')
        assert.equal((await engine.status()).listening, false)
      } finally {
        await sql.end()
        await engine.stop({ grace: 0 })
      }
    }))

  test(`the program of ${GUIDE} leaves a row and a job`, () =>
    withSchema(async ({ prefix, rows }) => {
      await rows('CREATE TABLE users (email text)')
      const own = await project({ type: 'module' })
      await own.link('eramjs', '@types/node')
      await symlink(path.join(ROOT, '__test__/libraries/node_modules/postgres'), path.join(own.folder, 'node_modules/postgres'))
      const job = snippets('docs/guides/getting-started.md').find(({ name }) => name === 'job.ts')
      await own.write('job.ts', String(job?.text))
      const signup = snippets(GUIDE).find(({ name }) => name === 'signup.ts')
      // The test's schema stands in for the application's.
      await own.write(
        'signup.ts',
        String(signup?.text).replace('{ tx }', `{ tx, prefix: '${prefix}' }`).replace('INTO users', `INTO ${prefix}.users`),
      )
      await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
      await own.compile()
      const { code, out } = await finished(process.execPath, ['dist/signup.js'], { cwd: own.folder, env: { DATABASE_URL: pgbouncer.url } })
      assert.equal(code, 0, out)
      assert.deepEqual(await rows('SELECT email FROM users'), [{ email: 'ada@example.com' }])
      assert.deepEqual(await rows('SELECT worker, args FROM eram_jobs'), [{ worker: 'EmailUserJob', args: { email: 'ada@example.com' } }])
    }))
})
