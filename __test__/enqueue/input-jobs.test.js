// Arguments and options of each bad kind, given inside an open transaction: each is refused before any SQL, with its place, and
// the transaction goes on as if nothing had been.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { EramEngine, EramError, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'

class OrderJob extends EramJob {
  static {
    this.register({ queue: 'orders' })
  }

  /** @param {any} _args */
  async perform(_args) {}
}

class Never extends EramJob {
  async perform() {}
}

const cycle = /** @type {any} */ ({})
cycle.self = { cycle }
const deep = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)

/** @type {[unknown, RegExp][]} */
const ARGS = [
  ['text', /^OrderJob\.args: expected an object, got a string/],
  [5, /^OrderJob\.args: expected an object, got a number/],
  [null, /^OrderJob\.args: expected an object, got null/],
  [[1], /^OrderJob\.args: expected an object, got an array/],
  [() => {}, /^OrderJob\.args: expected JSON, got a function/],
  [new Map(), /^OrderJob\.args: expected .*, got a Map/],
  [{ n: 1n }, /^OrderJob\.args\.n: expected JSON, got a BigInt/],
  [{ list: [{ id: 1n }] }, /^OrderJob\.args\.list\[0\]\.id: expected JSON, got a BigInt/],
  [{ f: () => {} }, /^OrderJob\.args\.f: expected JSON, got a function/],
  [{ s: Symbol('s') }, /^OrderJob\.args\.s: expected JSON, got a symbol/],
  [{ n: NaN }, /^OrderJob\.args\.n: expected a finite number, got NaN/],
  [{ n: -Infinity }, /^OrderJob\.args\.n: expected a finite number, got -Infinity/],
  [{ m: new Map() }, /^OrderJob\.args\.m: expected JSON, got a Map/],
  [{ s: new Set() }, /^OrderJob\.args\.s: expected JSON, got a Set/],
  [{ b: Buffer.from('x') }, /^OrderJob\.args\.b: expected JSON, got a Buffer/],
  [{ d: new Date(NaN) }, /^OrderJob\.args\.d: expected JSON, got an invalid Date/],
  [{ p: Promise.resolve() }, /^OrderJob\.args\.p: expected JSON, got a Promise/],
  [{ e: new Error('e') }, /^OrderJob\.args\.e: expected JSON, got an Error/],
  [{ nul: 'a\u0000b' }, /^OrderJob\.args\.nul: expected /],
  [{ half: '\ud800' }, /^OrderJob\.args\.half: expected /],
  [{ 'a\u0000b': 1 }, /^OrderJob\.args/],
  [{ cycle }, /^OrderJob\.args\.cycle.*: expected .*(cycle|itself)/],
  [{ deep }, /^OrderJob\.args\.deep.*: expected /],
  [{ large: 'x'.repeat(2 ** 20) }, /^OrderJob\.args: expected at most 1048576 bytes/],
  [{ toJSON: () => 1n }, /^OrderJob\.args/],
]

/** @type {[unknown, RegExp][]} */
const OPTIONS = [
  [5, /^OrderJob\.enqueue: expected an object of options, got 5$/],
  [[], /^OrderJob\.enqueue: expected an object of options, got an array$/],
  [{ prioritty: 1 }, /^OrderJob: unknown option "prioritty", did you mean "priority"\?$/],
  [{ prio: 1 }, /^OrderJob: unknown option "prio"; known are queue, priority, /],
  [{ queue: '' }, /queue: expected a text of 1 to 127 characters, got ""/],
  [{ queue: 'x'.repeat(128) }, /queue: expected a text of 1 to 127 characters, got "xx/],
  [{ queue: 'a\u0000' }, /queue: expected /],
  [{ queue: 5 }, /queue: expected /],
  [{ priority: 10 }, /priority: expected an integer of at most 9, got 10/],
  [{ priority: -1 }, /priority: expected an integer from 0 to 9, got -1/],
  [{ priority: 1.5 }, /priority: expected an integer from 0 to 9, got 1\.5/],
  [{ priority: '1' }, /priority: expected an integer from 0 to 9, got "1"/],
  [{ max_attempts: 0 }, /max_attempts: expected a positive integer.*, got 0/],
  [{ max_attempts: 2 ** 40 }, /max_attempts: expected /],
  [{ tags: 'a' }, /tags: expected /],
  [{ tags: [1] }, /tags\[0\]: expected /],
  [{ tags: Array(65).fill('a') }, /tags: expected /],
  [{ tags: [null] }, /tags\[0\]: expected /],
  [{ tags: ['a\u0000'] }, /tags\[0\]: expected /],
  [{ meta: [] }, /meta: expected an object/],
  [{ meta: { n: 1n } }, /meta\.n: expected JSON, got a BigInt/],
  [{ meta: { nul: '\u0000' } }, /meta.*: expected /],
  [{ schedule_in: -1 }, /schedule_in: expected /],
  [{ schedule_in: 'soon' }, /schedule_in: expected /],
  [{ schedule_in: NaN }, /schedule_in: expected a finite number, got NaN/],
  [{ schedule_in: 1e15 }, /schedule_in: expected /],
  [{ scheduled_at: 'tomorrow' }, /scheduled_at: expected /],
  [{ scheduled_at: '2030-01-31T09:00:00' }, /scheduled_at: expected /],
  [{ scheduled_at: 5 }, /scheduled_at: expected /],
  [{ scheduled_at: new Date(NaN) }, /scheduled_at: expected JSON, got an invalid Date/],
  [{ scheduled_at: new Date(8.64e15) }, /scheduled_at: expected /],
  [{ scheduled_at: new Date(), schedule_in: 5 }, /schedule_in/],
  [{ state: 'completed' }, /state: expected /],
  [{ state: 'available', schedule_in: 5 }, /state: expected /],
  [{ timeout: 0 }, /timeout: expected /],
  [{ timeout: 'never' }, /timeout: expected /],
  [{ backoff: 'fast' }, /backoff: expected /],
  [{ backoff: () => 1 }, /backoff: .*make it a method of the class/],
  [{ backoff: { bse: 1 } }, /backoff: unknown option "bse".*"base"/],
  [{ backoff: { base: -1 } }, /backoff\.base: expected /],
  [{ unique: 'yes' }, /unique: expected /],
  [{ unique: { period: -1 } }, /unique\.period: expected /],
  [{ unique: { fields: [] } }, /unique\.fields: expected /],
  [{ unique: { fields: ['colour'] } }, /unique\.fields\[0\]: expected /],
  [{ unique: { states: ['executing'] } }, /unique\.states: expected /],
  [{ unique: { states: ['running'] } }, /unique\.states\[0\]: expected /],
  [{ unique: { keys: ['a'], fields: ['queue'] } }, /unique: expected args or meta among the fields, got keys \(a\)/],
  [{ unique: { replace: ['id'] } }, /unique\.replace\[0\]: expected /],
  [{ version: 'newest' }, /version: expected /],
  [{ notify: 'no' }, /notify: expected true or false, got "no"/],
  [{ engine: 'unknown' }, /engine: expected a running engine, got "unknown"/],
  [{ prefix: '' }, /^prefix: expected a schema of up to 40 letters, .*, got ""$/],
]

/** @param {(tx: pg.Client, prefix: string, refused: (call: () => Promise<unknown>, message: RegExp) => Promise<void>) => Promise<void>} body */
function inTransaction(body) {
  return withSchema(async ({ url, prefix, rows }) => {
    const tx = new pg.Client({ connectionString: url })
    await tx.connect()
    try {
      await tx.query('BEGIN')
      /** @type {string[]} */
      const mistakes = []
      await body(tx, prefix, async (call, message) => {
        const error = await call().then(
          (job) => job,
          (thrown) => thrown,
        )
        const expected =
          error instanceof EramError && (error.code === 'ERAM_JOB' || error.code === 'ERAM_NOT_RUNNING') && message.test(error.message)
        if (!expected) mistakes.push(`${message}: got ${error instanceof Error ? error.message : JSON.stringify(error)}`)
        // What was refused has not touched the transaction.
        assert.deepEqual((await tx.query('SELECT 1 AS one')).rows, [{ one: 1 }])
      })
      assert.deepEqual(mistakes, [])
      await OrderJob.enqueue({ good: true }, { tx, prefix })
      await tx.query('COMMIT')
    } finally {
      await tx.end()
    }
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { good: true } }])
  })
}

test('bad arguments', () =>
  inTransaction(async (tx, prefix, refused) => {
    for (const [args, message] of ARGS) await refused(() => OrderJob.enqueue(/** @type {any} */ (args), { tx, prefix }), message)
  }))

test('bad options', () =>
  inTransaction(async (tx, prefix, refused) => {
    for (const [options, message] of OPTIONS) {
      const given = typeof options === 'object' && !Array.isArray(options) ? { tx, prefix, ...options } : options
      await refused(() => OrderJob.enqueue({}, /** @type {any} */ (given)), message)
    }
  }))

test('bad drafts among good ones', () =>
  inTransaction(async (tx, prefix, refused) => {
    const any = /** @type {any} */ (EramEngine)
    const good = OrderJob.new({ good: true })
    for (const [drafts, message] of /** @type {[unknown, RegExp][]} */ ([
      [good, /^enqueueAll: expected an array of drafts, got an object/],
      [null, /^enqueueAll: expected an array of drafts, got null/],
      ['text', /^enqueueAll: expected an array of drafts, got "text"/],
      [[good, null], /^enqueueAll: drafts\[1\]: expected X\.new/],
      [[good, { args: {} }], /^enqueueAll: drafts\[1\]: expected X\.new/],
      [[good, { worker: 'OrderJob', args: { n: 1n } }], /^OrderJob\.args\.n: expected JSON, got a BigInt/],
      [[good, { worker: 'OrderJob', args: {}, priority: 12 }], /priority: expected an integer of at most 9, got 12/],
    ])) {
      await refused(() => any.enqueueAll(drafts, { tx, prefix }), message)
    }
  }))

test('bad classes', () =>
  inTransaction(async (tx, prefix, refused) => {
    const any = /** @type {any} */ (EramEngine)
    for (const [worker, message] of /** @type {[unknown, RegExp][]} */ ([
      ['', /^enqueue: expected a job class or its name, got ""$/],
      [5, /^enqueue: expected a job class or its name, got 5$/],
      [undefined, /^enqueue: expected a job class or its name, got undefined$/],
      [{}, /^enqueue: expected a job class or its name, got an object$/],
      [Never, /^Never: expected a registered job class; call Never\.register/],
      [Date, /^Date: expected a registered job class/],
      ['x'.repeat(128), /^worker: expected a text of 1 to 127 characters/],
      ['a\u0000b', /worker: expected /],
    ])) {
      await refused(() => any.enqueue(worker, {}, { tx, prefix }), message)
    }
  }))
