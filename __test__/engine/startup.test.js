// What start() asks of the database, by the log of a server of its own, and how long it takes.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { sql, until } from '../support/database.js'
import { ThreadJob } from '../support/fixtures/jobs.js'

/** Each one round trip: the schema, its environment, the settings of queues, the producers, the job classes. */
const MOST = 7

/** What goes on beside it, and is not waited for: fetches, the connection that listens, the election, the heartbeat. */
const BESIDE = /^(UPDATE eram_jobs|SELECT CASE|LISTEN|SELECT pg_backend_pid|WITH won|WITH RECURSIVE)/

/** @param {number} count */
const queuesOf = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [i === 0 ? 'thread' : `queue-${i}`, 5]))

describe('start()', () => {
  /** @type {Awaited<ReturnType<typeof startPostgres>>} */
  let server
  /** @type {Awaited<ReturnType<typeof sql>>} */
  let own

  before(async () => {
    server = await startPostgres({ settings: { log_statement: 'all', log_line_prefix: '%n|%a|' } })
    own = await sql(server.url)
    await EramEngine.migrate({ url: server.url })
  })
  after(async () => {
    await own.end()
    await server.stop()
  })

  test('asks as much for ten queues as for one, and as little of a long table as of an empty one', async (t) => {
    const one = await started(1)
    const ten = await started(10)
    await own.rows(`INSERT INTO eram_jobs (worker, state, queue) SELECT 'Noop', 'completed', 'old' FROM generate_series(1, 20000)`)
    const long = await started(10)
    t.diagnostic(`${one.join('\n')}`)
    assert.ok(one.length <= MOST, `${one.length} statements:\n${one.join('\n')}`)
    for (const other of [ten, long]) assert.deepEqual(other.toSorted(), one.toSorted())
  })

  test('resolves, and its first job has begun, in less than 3 s on a busy machine', async (t) => {
    const times = []
    for (let i = 0; i < 5; i++) {
      const { id } = await own.row(
        `INSERT INTO eram_jobs (worker, queue, args) VALUES ($1, 'thread', '{"action": "return"}') RETURNING id`,
        [ThreadJob.name],
      )
      const called = performance.now()
      const engine = await EramEngine.start({ url: server.url, queues: queuesOf(1), logger: false })
      try {
        times.push(performance.now() - called)
        await until(async () => {
          const { state } = await own.row('SELECT state FROM eram_jobs WHERE id = $1', [id])
          assert.equal(state, 'completed')
        })
      } finally {
        await engine.stop()
      }
    }
    const median = times.toSorted((a, b) => a - b)[2] ?? Number.NaN
    t.diagnostic(`${Math.round(median)} ms`)
    assert.ok(median < 3000, `${median} ms`)
  })

  /** The statements that a start waits for. @param {number} count of queues */
  async function started(count) {
    const from = await now()
    const name = `start-${count}-${from}`
    const engine = await EramEngine.start({ url: server.url, node: name, queues: queuesOf(count), logger: false })
    const to = await now()
    await engine.stop()
    const log = await readFile(server.logFile, 'utf8')
    return [...log.matchAll(/^([\d.]+)\|([^|]*)\|LOG: {2}(?:execute [^:]+|statement): (.*)/gm)]
      .map(([, at, who, text = '']) => ({ at: Number(at), who, text }))
      .filter(({ at, who }) => at > from && at <= to && who !== 'eram test')
      .map(({ text }) => text.replaceAll('"public".', '').slice(0, 60))
      .filter((text) => !BESIDE.test(text))
  }

  /** @returns {Promise<number>} by the server's clock */
  async function now() {
    return (await own.row('SELECT extract(epoch FROM clock_timestamp())::float AS at')).at
  }
})
