// eramjs/enqueue on Node: in a transaction, outside of one, and through a function that asks a server by HTTP; and its jobs run.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { defineJob, EramError, enqueue, statement } from '../../enqueue.js'
import * as main from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'
import { startSqlEndpoint } from '../support/sql-endpoint.js'

/** @import { NamedDraft } from '../../index.js' */

class Welcome extends main.EramJob {
  /** @type {unknown[]} */
  static performed = []

  /** @param {unknown} args */
  async perform(args) {
    Welcome.performed.push(args)
  }
}
Welcome.register({ name: 'WelcomeJob' })

const WelcomeJob = defineJob('WelcomeJob', { queue: 'mail', max_attempts: 3, unique: { keys: ['id'], period: '1 hour' } })

/** @param {(place: { pool: pg.Pool, url: string, prefix: string, jobs: () => Promise<any[]> }) => Promise<unknown>} body */
const withPool = (body) =>
  withSchema(async ({ url, prefix, rows }) => {
    const pool = new pg.Pool({ connectionString: url, max: 2 })
    const jobs = () => rows('SELECT worker, args, queue, state::text, max_attempts, version FROM eram_jobs ORDER BY id')
    try {
      await body({ pool, url, prefix, jobs })
    } finally {
      await pool.end()
    }
  })

/** @param {string} endpoint */
const overHttp = (endpoint) => async (/** @type {string} */ query, /** @type {unknown[]} */ params) => {
  const response = await fetch(endpoint, { method: 'POST', body: JSON.stringify({ query, params }) })
  const answer = /** @type {any} */ (await response.json())
  if (!response.ok) throw Object.assign(new Error(answer.message), answer)
  return answer.rows
}

test('a job stands or falls with its transaction', () =>
  withPool(async ({ pool, prefix, jobs }) => {
    const client = await pool.connect()
    await client.query('BEGIN')
    const job = await enqueue(client, WelcomeJob.new({ id: 1 }), { prefix })
    assert.ok(job.conflict === false)
    assert.deepEqual([job.worker, job.queue, job.args, job.state], ['WelcomeJob', 'mail', { id: 1 }, 'available'])
    assert.ok(job.scheduled_at instanceof Date && typeof job.id === 'number')
    await client.query('ROLLBACK')
    assert.deepEqual(await jobs(), [])
    await client.query('BEGIN')
    await enqueue(client, [WelcomeJob.new({ id: 1 }), { worker: 'Other', args: { a: 1 }, schedule_in: '1 hour' }], { prefix })
    await client.query('COMMIT')
    client.release()
    assert.deepEqual(await jobs(), [
      { worker: 'Other', args: { a: 1 }, queue: 'default', state: 'scheduled', max_attempts: 20, version: null },
      { worker: 'WelcomeJob', args: { id: 1 }, queue: 'mail', state: 'available', max_attempts: 3, version: null },
    ])
  }))

test('through a pool or a client, a job is committed at once', () =>
  withPool(async ({ pool, prefix, jobs }) => {
    await enqueue(pool, { worker: 'A' }, { prefix })
    const client = await pool.connect()
    await enqueue(client, { worker: 'B' }, { prefix })
    client.release()
    assert.deepEqual(
      (await jobs()).map(({ worker }) => worker),
      ['A', 'B'],
    )
  }))

test('all jobs of a call are enqueued, or none; also outside a transaction, and however many they are', () =>
  withPool(async ({ pool, prefix, jobs }) => {
    const many = Array.from({ length: 2500 }, (_, i) => /** @type {NamedDraft} */ ({ worker: 'Many', args: { i } }))
    assert.equal((await enqueue(pool, many, { prefix })).length, 2500)
    assert.equal((await jobs()).length, 2500)
    // The last one is rejected by the database alone.
    const broken = Object.defineProperty({ worker: 'Broken' }, Symbol.for('eram.draft'), { value: '{"worker":"Broken","priority":77}' })
    await assert.rejects(enqueue(pool, [...many, broken], { prefix }), (/** @type {any} */ error) => {
      assert.deepEqual([error.code, error.sqlstate], ['ERAM_DATABASE', '22023'])
      assert.doesNotMatch(error.message, /roll it back/)
      return true
    })
    assert.equal((await jobs()).length, 2500)
    assert.deepEqual(await enqueue(pool, [], { prefix }), [])
  }))

test('a unique job that exists is returned, and is not an error', () =>
  withPool(async ({ pool, prefix, jobs }) => {
    const first = await enqueue(pool, WelcomeJob.new({ id: 1, try: 1 }), { prefix })
    const [second, third] = await enqueue(pool, [WelcomeJob.new({ id: 1, try: 2 }), WelcomeJob.new({ id: 2 })], { prefix })
    assert.ok(second?.conflict === true && third?.conflict === false)
    assert.deepEqual([second.id, second.args], [first.id, { id: 1, try: 1 }])
    assert.equal((await jobs()).length, 2)
  }))

test('the version of the application goes with its jobs', () =>
  withPool(async ({ pool, prefix, jobs }) => {
    const draft = { worker: 'Pinned', version: /** @type {const} */ ('pinned') }
    await assert.rejects(enqueue(pool, draft, { prefix }), {
      code: 'ERAM_JOB',
      message: "Pinned.version: expected enqueue(…, { version: '…' }) beside it, got none",
    })
    await enqueue(pool, draft, { prefix, version: '1.2.3' })
    assert.equal((await jobs())[0].version, '1.2.3')
  }))

test('drafts of X.new() of the engine are accepted', () =>
  withPool(async ({ pool, prefix, jobs }) => {
    await enqueue(pool, Welcome.new({ id: 1 }), { prefix })
    assert.equal((await jobs())[0].worker, 'WelcomeJob')
  }))

test('with in_transaction, anything but a transaction is refused', () =>
  withPool(async ({ pool, prefix, jobs }) => {
    const options = { prefix, in_transaction: true }
    const client = await pool.connect()
    const call = async () => assert.fail('it ran')
    for (const [each, got] of /** @type {[any, string][]} */ ([
      [pool, 'a BoundPool'],
      [client, 'a Client'],
      [call, 'a function'],
      [{ query: call }, 'an object'],
    ])) {
      await assert.rejects(enqueue(each, { worker: 'A' }, options), {
        code: 'ERAM_NOT_IN_TRANSACTION',
        message: `client: expected an open transaction, as in_transaction demands, got ${got}`,
      })
    }
    await client.query('BEGIN')
    await enqueue(client, { worker: 'A' }, options)
    await client.query('COMMIT')
    client.release()
    assert.equal((await jobs()).length, 1)
  }))

test('what cannot run a statement is refused by the name of its class', async () => {
  for (const [client, got] of /** @type {[any, string][]} */ ([
    [undefined, 'undefined'],
    [null, 'null'],
    ['postgres://a', '"postgres://a"'],
    [{}, 'an object'],
    [new Map(), 'a Map'],
  ])) {
    await assert.rejects(enqueue(client, { worker: 'A' }), (/** @type {any} */ error) => {
      assert.ok(error instanceof EramError && error instanceof main.EramError)
      assert.equal(error.code, 'ERAM_DRIVER')
      assert.ok(error.message.startsWith('client: expected a client or a transaction of objection, knex, '), error.message)
      assert.ok(error.message.endsWith(`or a function (sql, params), got ${got}`), error.message)
      return true
    })
  }
})

test('what is wrong with a call is said before any SQL', async () => {
  const client = { query: async () => assert.fail('it ran') }
  const form = "expected X.new(args, options), or { worker: 'X', args: { … }, … }, got"
  for (const [drafts, options, message] of /** @type {[any, any, string][]} */ ([
    [undefined, {}, `enqueue: draft: ${form} undefined`],
    ['Welcome', {}, `enqueue: draft: ${form} "Welcome"`],
    [{ args: {} }, {}, `enqueue: draft: ${form} an object`],
    [[{ worker: 'A' }, { worker: '' }], {}, `enqueue: drafts[1]: ${form} an object`],
    [[[]], {}, `enqueue: drafts[0]: ${form} an array`],
    [{ worker: 'A', priorty: 1 }, {}, 'A: unknown option "priorty", did you mean "priority"?'],
    [{ worker: 'A' }, 'public', 'enqueue: expected an object of options, got "public"'],
    [
      { worker: 'A' },
      { queue: 'a' },
      'enqueue: expected prefix, version, max_args_bytes, in_transaction, got "queue"; options of a job are members of its draft',
    ],
    [{ worker: 'A' }, { tx: 1 }, 'enqueue: expected prefix, version, max_args_bytes, in_transaction, got "tx"'],
    [{ worker: 'A' }, { prefix: 'a"b' }, 'prefix: expected a schema of up to 40 letters, digits, "_" and "-", got "a\\"b"'],
    [{ worker: 'A' }, { version: 1 }, "version: expected the application's version, a text, got 1"],
    [{ worker: 'A' }, { max_args_bytes: 0 }, 'max_args_bytes: expected a positive integer, got 0'],
    [{ worker: 'A' }, { in_transaction: 1 }, 'in_transaction: expected true or false, got 1'],
    [
      { worker: 'A', args: { a: 'xxxxx' } },
      { max_args_bytes: 12 },
      'A.args: expected at most 12 bytes, got 13; keep the data elsewhere and pass a reference, or raise max_args_bytes',
    ],
  ])) {
    await assert.rejects(enqueue(client, drafts, options), { code: 'ERAM_JOB', message })
  }
  for (const [name, options, message] of /** @type {[any, any, string][]} */ ([
    [1, {}, 'defineJob: expected the name of a job class, got 1'],
    ['', {}, 'worker: expected a text of 1 to 127 characters, got ""'],
    ['A', 1, 'defineJob: A: expected an object of options, got 1'],
    ['A', { priority: 12 }, 'A.priority: expected an integer of at most 9, got 12'],
    [
      'A',
      { schedule_in: 1 },
      'A: unknown option "schedule_in"; known are queue, priority, max_attempts, tags, meta, unique, timeout, backoff, version',
    ],
  ])) {
    assert.throws(() => defineJob(name, options), { code: 'ERAM_JOB', message })
  }
  assert.throws(() => WelcomeJob.new({}, /** @type {any} */ (1)), { message: 'WelcomeJob.new: expected an object of options, got 1' })
  assert.throws(() => WelcomeJob.new({ id: /** @type {any} */ (1n) }), { message: /^WelcomeJob\.args\.id: expected JSON, got a BigInt/ })
})

test('through HTTP, jobs are enqueued, wake a sleeping queue and run', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const endpoint = await startSqlEndpoint(url)
    const engine = await main.EramEngine.start({ url, prefix, queues: { mail: 1 }, poll_interval: '1 hour', logger: false })
    try {
      Welcome.performed.length = 0
      await until(async () =>
        assert.equal(
          (await rows(`SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock'`))[0].n >= 1,
          true,
        ),
      )
      const run = overHttp(endpoint.url)
      const job = await enqueue(run, WelcomeJob.new({ id: 5 }), { prefix })
      assert.equal(job.state, 'available')
      await until(() => assert.deepEqual(Welcome.performed, [{ id: 5 }]))
      assert.deepEqual(endpoint.statements, [`select "${prefix}".eram_enqueue($1) as eram`])
      await assert.rejects(enqueue(run, { worker: 'A' }, { prefix: 'nowhere' }), (/** @type {any} */ error) => {
        assert.deepEqual([error.code, error.sqlstate], ['ERAM_NOT_MIGRATED', '3F000'])
        assert.match(error.message, /run `npx eramjs migrate --prefix nowhere`$/)
        return true
      })
    } finally {
      await engine.stop()
      await endpoint.close()
    }
    await assert.rejects(enqueue(overHttp(endpoint.url), { worker: 'A' }, { prefix }), {
      code: 'ERAM_UNAVAILABLE',
      message: 'enqueue through a function: fetch failed',
    })
  }))

test('a statement can be sent by other means', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const { client, end } = await sql(url, prefix)
    const { text, params } = statement([{ worker: 'A', args: { a: 1 } }, WelcomeJob.new({ id: 1 })], { prefix })
    const { rows: answer } = await client.query(text, params)
    assert.equal(JSON.parse(answer[0].eram).length, 2)
    assert.equal((await rows('SELECT 1 FROM eram_jobs')).length, 2)
    await end()
  }))

test('an answer that is none of ours is an error of the client', async () => {
  for (const [rows, got] of /** @type {[any, string][]} */ ([
    [[], 'undefined'],
    [[{ eram: 5 }], '5'],
    [[{ eram: '[]' }], '"[]"'],
  ])) {
    await assert.rejects(
      enqueue(async () => rows, { worker: 'A' }),
      {
        code: 'ERAM_DRIVER',
        message: `a function: expected one row with a text column "eram", got ${got}`,
      },
    )
  }
  await assert.rejects(
    enqueue(async () => undefined, { worker: 'A' }),
    {
      code: 'ERAM_DRIVER',
      message: 'a function: expected rows, { rows } or [rows, meta] from the query, got undefined',
    },
  )
})
