// Connections that hang, are few, or are ended by time limits; and a server whose queue of notifications is full.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { EramEngine, EramJob } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { until } from '../support/until.js'

class HungJob extends EramJob {
  static {
    this.register({ filename: null, isolation: 'main' })
  }
  async perform() {}
}

/** @type {import('../../scripts/postgres.js').Postgres} */
let server
/** @type {pg.Client} */
let admin

before(async () => {
  server = await startPostgres({ settings: { max_notify_queue_pages: 64 } })
  admin = new pg.Client(server.url)
  await admin.connect()
})

after(async () => {
  await admin?.end()
  await server?.stop()
})

/** @param {string} sql @param {unknown[]} [values] @returns {Promise<any[]>} */
const rows = async (sql, values) => (await admin.query(sql, values)).rows

/**
 * @param {string} prefix
 * @param {object} options
 * @param {(engine: EramEngine) => Promise<void>} scenario
 * @param {string} [url]
 */
async function withEngine(prefix, options, scenario, url = server.url) {
  await EramEngine.migrate({ url: server.url, prefix })
  const engine = await EramEngine.start({ url, prefix, logger: false, ...options })
  try {
    await scenario(engine)
  } finally {
    await engine.stop({ grace: 0 })
  }
}

/** Creates a role that may do everything in a schema. @param {string} role @param {string} prefix @param {string} setting */
async function urlAs(role, prefix, setting) {
  await EramEngine.migrate({ url: server.url, prefix })
  await rows(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`)
  await rows(`ALTER ROLE ${role} ${setting}`)
  await rows(`GRANT ALL ON SCHEMA ${prefix} TO ${role}`)
  for (const kind of ['TABLES', 'SEQUENCES', 'FUNCTIONS']) await rows(`GRANT ALL ON ALL ${kind} IN SCHEMA ${prefix} TO ${role}`)
  const url = new URL(server.url)
  ;[url.username, url.password] = [role, 'x']
  return url.href
}

test('a connection that hangs fails the enqueues that are on it, and holds up no other', () =>
  withEngine('hung', { statement_timeout: 4000, queues: {} }, async () => {
    await rows('BEGIN')
    await rows('LOCK TABLE hung.eram_jobs')
    let isOver = false
    const hangs = assert
      .rejects(HungJob.enqueue(), {
        code: 'ERAM_UNAVAILABLE',
        message: 'enqueue: expected an answer of the database within 4 s (statement_timeout), got none; the job may or may not be stored',
      })
      .finally(() => {
        isOver = true
      })
    // Stopped while it waits, so that its connection is in use.
    const pid = await until(async () => {
      const waiting = await rows(`SELECT pid FROM pg_locks WHERE relation = 'hung.eram_jobs'::regclass AND NOT granted`)
      assert.equal(waiting.length, 1)
      return waiting[0].pid
    })
    process.kill(pid, 'SIGSTOP')
    try {
      await rows('COMMIT')
      for (let n = 0; n < 10; n++) await HungJob.enqueue()
      assert.equal(isOver, false)
      await hangs
      await HungJob.enqueue()
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    // What failed was given up, and does not come back.
    await until(async () => assert.deepEqual(await rows('SELECT FROM pg_stat_activity WHERE pid = $1', [pid]), []))
  }))

test('an enqueue that waits for a lock is cancelled in the server when its time is over', () =>
  withEngine('locked', { statement_timeout: 300, queues: {} }, async () => {
    await rows('BEGIN')
    await rows('LOCK TABLE locked.eram_jobs')
    await assert.rejects(HungJob.enqueue(), { code: 'ERAM_UNAVAILABLE' })
    await until(async () =>
      assert.deepEqual(
        await rows(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%"locked".eram_enqueue%'`),
        [],
      ),
    )
    await rows('COMMIT')
    assert.deepEqual(await rows('SELECT FROM locked.eram_jobs'), [])
  }))

test('a full queue of notifications fails no enqueue', async () => {
  const listener = new pg.Client(server.url)
  await listener.connect()
  await listener.query('LISTEN unread')
  // While its transaction is open, it reads no notifications.
  await listener.query('BEGIN')
  await listener.query('SELECT 1')
  try {
    await assert.rejects(async () => {
      for (;;) await rows(`SELECT pg_notify('unread', repeat('x', 7900) || n) FROM generate_series(1, 50) AS n`)
    }, /NOTIFY queue/)
    await withEngine('full', { queues: {} }, async () => {
      const job = await HungJob.enqueue({}, { schedule_in: 1 })
      assert.equal(job.state, 'scheduled')
      assert.equal((await EramEngine.enqueueAll([HungJob.new({}, { schedule_in: 1 }), HungJob.new({}, { schedule_in: 1 })])).length, 2)
      assert.equal((await rows('SELECT FROM "full".eram_jobs')).length, 3)
    })
  } finally {
    await listener.end()
    // Frees what it did not read.
    await until(async () => assert.deepEqual(await rows('SELECT pg_notification_queue_usage() < 0.5 AS free'), [{ free: true }]))
  }
})

for (const limit of [2, 3]) {
  test(`a role with ${limit} connections enqueues and performs as much as it likes`, async () => {
    const url = await urlAs(`few_${limit}`, `few_${limit}`, `CONNECTION LIMIT ${limit}`)
    await withEngine(
      `few_${limit}`,
      { queues: { default: 5 } },
      async () => {
        await Promise.all(Array.from({ length: 200 }, () => HungJob.enqueue()))
        await until(async () =>
          assert.deepEqual(await rows(`SELECT state, count(*)::int FROM few_${limit}.eram_jobs GROUP BY state`), [
            { state: 'completed', count: 200 },
          ]),
        )
      },
      url,
    )
  })
}

test('a role with one connection is told so when the engine starts', async () => {
  const url = await urlAs('few_1', 'few_1', 'CONNECTION LIMIT 1')
  await assert.rejects(EramEngine.start({ url, prefix: 'few_1', logger: false }), {
    code: 'ERAM_CONFIG',
    message: /^connections: expected at least 2 for role "few_1", one for statements and one that listens, got a limit of 1; /,
  })
})

test('time limits of a role do not end the connection that listens', async () => {
  const url = await urlAs('brief', 'brief', `SET idle_session_timeout = '300ms'`)
  await withEngine(
    'brief',
    { queues: { default: 1 } },
    async () => {
      const listening = () => rows(`SELECT pid FROM pg_stat_activity WHERE usename = 'brief' AND application_name LIKE '%listen'`)
      const before = await until(async () => {
        const found = await listening()
        assert.equal(found.length, 1)
        return found
      })
      const witness = new pg.Client(url)
      await witness.connect()
      witness.on('error', () => {})
      const [error] = await once(witness, 'error')
      assert.match(error.message, /idle-session timeout/)
      assert.deepEqual(await listening(), before)
      await HungJob.enqueue()
    },
    url,
  )
})
