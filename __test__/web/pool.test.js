// The connections of the HTTP API: few, of its own, and never those of the engine; limits of statements.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { sql, until } from '../support/database.js'
import { callerOf, withApi } from './harness.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/** Sessions of the API that run a statement in this schema. @param {Schema} schema */
const active = async ({ rows, prefix }) =>
  rows(`SELECT pid FROM pg_stat_activity WHERE application_name LIKE '% web' AND state = 'active' AND query LIKE '%' || $1 || '%'`, [
    prefix,
  ])

/** Runs a scenario while the table of jobs is locked. @param {Schema} schema @param {() => Promise<void>} scenario */
async function locked({ url, prefix }, scenario) {
  const other = await sql(url, prefix)
  await other.rows('BEGIN')
  await other.rows('LOCK TABLE eram_jobs')
  try {
    await scenario()
  } finally {
    await other.rows('ROLLBACK')
    await other.end()
  }
}

describe('a statement of the API', () => {
  test('that takes too long is cancelled, and named', () =>
    withApi(
      async ({ get, call }, schema) => {
        await locked(schema, async () => {
          const list = await get('/jobs')
          assert.deepEqual([list.status, list.body.error.code, list.body.error.part], [504, 'TIMEOUT', 'list_jobs'])
          assert.match(list.body.error.message, /^expected an answer of the database within 50 ms, got none: list_jobs was too slow$/)
          const counts = await get('/queues')
          assert.deepEqual([counts.status, counts.body.error.part], [504, 'known_queues'])
          const change = await call('POST', '/jobs/cancel', { which: { queue: 'q' } })
          assert.deepEqual([change.status, change.body.error.part], [504, 'last_job'])
        })
        assert.equal((await get('/jobs')).status, 200)
      },
      { limits: { list: 50, count: 60, bulk: 70, keep: 0 } },
    ))

  test('uses one of three connections; others wait for a while, and the engine does not', () =>
    withApi(
      async ({ get, engine }, schema) => {
        await locked(schema, async () => {
          const three = [get('/jobs?limit=1'), get('/jobs?limit=2'), get('/jobs?limit=3')]
          await until(async () => assert.equal((await active(schema)).length, 3))
          const fourth = await get('/nodes')
          assert.deepEqual([fourth.status, fourth.body.error.code, fourth.headers.get('retry-after')], [503, 'BUSY', '1'])
          assert.deepEqual(await engine.nodes(), [])
          void Promise.all(three)
        })
        await until(async () => assert.equal((await get('/nodes')).status, 200))
      },
      { limits: { list: 0, wait: 50, keep: 0 } },
    ))

  test('is cancelled when all who asked for it have gone, and not before', () =>
    withApi(
      async ({ web }, schema) => {
        await locked(schema, async () => {
          const [first, second] = [new AbortController(), new AbortController()]
          const ask = ({ signal } = first) => web.fetch(new Request('http://localhost/api/v1/jobs', { signal }))
          const asked = [ask(first), ask(second)]
          await until(async () => assert.equal((await active(schema)).length, 1))
          first.abort()
          assert.equal((await asked[0])?.status, 504)
          assert.equal((await active(schema)).length, 1)
          second.abort()
          assert.equal((await asked[1])?.status, 504)
          await until(async () => assert.deepEqual(await active(schema), []))
        })
      },
      { limits: { list: 0 } },
    ))

  test('that reads cannot change anything', () =>
    withApi(async ({ engine }) => {
      const remote = /** @type {any} */ (engine)[Symbol.for('eram.remote')]
      const route = remote.routes.find((/** @type {any} */ { name }) => name === 'pause')
      const limits = { reads: true, limit: 1000, wait: 1000 }
      await assert.rejects(remote.perform(route, { queue: 'q', force: true }, limits, remote.newReport()), { sqlstate: '25006' })
      await remote.perform(route, { queue: 'q', force: true }, { ...limits, reads: false }, remote.newReport())
    }))
})

/** What reads need, by operation. @type {Record<string, string>} */
const QUERIES = {
  history: '?metric=executed',
  'cron.next': '?expression=@daily',
  'jobs.search': '?text=',
  'jobs.suggest': '?text=',
  'jobs.preview': '?action=retry&text=queue:none',
}

test('each read of the API is one that a read-only transaction allows', () =>
  withApi(async ({ engine, web }) => {
    const { id } = await engine.enqueue('Any')
    const { get } = callerOf((request) => web.fetch(request))
    const remote = /** @type {any} */ (engine)[Symbol.for('eram.remote')]
    for (const { path, reads, name } of remote.routes) {
      if (!reads || name === 'jobs.wait') continue
      const query = QUERIES[name] ?? ''
      const { status, text } = await get(
        `${path
          .replace('{id}', id)
          .replace('{attempt}', '1')
          .replace(/\{\w+\}/, 'none')}${query}`,
      )
      assert.ok(status === 200 || status === 404, `${name}: ${status} ${text}`)
    }
  }))
