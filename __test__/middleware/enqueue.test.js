// Middleware around enqueues: every way of jobs into the database passes it, before any SQL.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defineJob, EramEngine, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

/** @import { EnqueuedJob, MiddlewareCall } from '../../index.js' */

const DRIVER = fileURLToPath(new URL('../support/fixtures/seeds/own_enqueue.js', import.meta.url))
const Mail = defineJob('SurroundedMail', { queue: 'mails', priority: 3 }, () => {})
const Call = defineJob('SurroundedCall', () => {})

/** Middleware that keeps what it sees. */
function seeing() {
  /** @type {{ drafts: object[], bulk: boolean, transaction: boolean, engine: string | null, ids: (number | null)[] }[]} */
  const seen = []
  return {
    seen,
    /** @param {MiddlewareCall} call @param {() => Promise<EnqueuedJob[]>} next */
    async enqueue({ drafts, ...about }, next) {
      const shown = drafts.map(({ worker, queue, args, options }) => ({ worker, queue, args, options }))
      const jobs = await next()
      seen.push({ drafts: shown, ...about, ids: jobs.map(({ id }) => id) })
      return jobs
    },
  }
}

describe('enqueue middleware', () => {
  test('sees each call once, whatever its form', async () => {
    await withEngine({ queues: {} }, async ({ engine, schema }) => {
      const { seen, enqueue } = seeing()
      engine.use({ enqueue })
      const one = await Mail.enqueue({ n: 1 }, { priority: 5 })
      const two = await engine.enqueueAll([Mail.new({ n: 2 }, { tags: ['x'] }), { worker: 'Elsewhere', args: { n: 3 }, queue: 'q' }])
      await schema.client.query('BEGIN')
      const three = await Call.enqueue({}, { tx: schema.client })
      await schema.client.query('COMMIT')
      const four = await EramEngine.withTransaction(null, () => Call.enqueue({}))
      assert.deepEqual(seen, [
        {
          drafts: [{ worker: 'SurroundedMail', queue: 'mails', args: { n: 1 }, options: { priority: 5 } }],
          ...{ bulk: false, transaction: false, engine: 'default', ids: [one.id] },
        },
        {
          drafts: [
            { worker: 'SurroundedMail', queue: 'mails', args: { n: 2 }, options: { tags: ['x'] } },
            { worker: 'Elsewhere', queue: 'q', args: { n: 3 }, options: { queue: 'q' } },
          ],
          ...{ bulk: true, transaction: false, engine: 'default', ids: two.map((/** @type {any} */ { id }) => id) },
        },
        {
          drafts: [{ worker: 'SurroundedCall', queue: 'default', args: {}, options: {} }],
          ...{ bulk: false, transaction: true, engine: 'default', ids: [three.id] },
        },
        {
          drafts: [{ worker: 'SurroundedCall', queue: 'default', args: {}, options: {} }],
          ...{ bulk: false, transaction: false, engine: 'default', ids: [four.id] },
        },
      ])
    })
  })

  test('changes options and arguments before they are inserted', async () => {
    await withEngine({ queues: {} }, async ({ engine, job }) => {
      engine.use({
        enqueue: (/** @type {MiddlewareCall} */ { drafts }, /** @type {any} */ next) => {
          for (const draft of drafts) {
            draft.set({ tags: ['set'], priority: 1 })
            draft.set({ priority: 2 })
            draft.setArgs({ .../** @type {object} */ (draft.args), more: true })
          }
          return next()
        },
      })
      const { id, args } = await Mail.enqueue({ n: 1 }, { max_attempts: 4, priority: 7 })
      const row = await job(Number(id))
      assert.deepEqual([row.queue, row.tags, row.priority, row.max_attempts, row.args], ['mails', ['set'], 2, 4, { n: 1, more: true }])
      assert.deepEqual(args, { n: 1, more: true })
      const [other] = await EramEngine.enqueueAll([Mail.new({ n: 2 })])
      assert.deepEqual((await job(Number(other?.id))).tags, ['set'])
    })
  })

  test('cannot make a wrong draft: the call is rejected, and nothing is inserted', async () => {
    await withEngine({ queues: {} }, async ({ engine, schema }) => {
      /** @type {[(draft: any) => void, RegExp][]} */
      const wrong = [
        [(draft) => draft.set({ priority: 17 }), /^SurroundedMail.priority: expected an integer of at most 9, got 17$/],
        [(draft) => draft.set({ tx: {} }), /^SurroundedMail: unknown option "tx"/],
        [(draft) => draft.set(5), /^SurroundedMail: draft.set: expected an object of options, got 5$/],
        [(draft) => draft.setArgs({ n: 1n }), /^SurroundedMail.args.n: expected JSON, got a BigInt/],
      ]
      for (const [change, message] of wrong) {
        const drop = engine.use({
          enqueue: (/** @type {any} */ { drafts }, /** @type {any} */ next) => {
            change(drafts[0])
            return next()
          },
        })
        await assert.rejects(Mail.enqueue({}), { code: 'ERAM_JOB', message })
        drop()
      }
      assert.equal((await schema.row('SELECT count(*)::int FROM eram_jobs')).count, 0)
    })
  })

  test('cannot change a draft after next()', async () => {
    await withEngine({ queues: {} }, async ({ engine }) => {
      engine.use({
        enqueue: async (/** @type {any} */ { drafts }, /** @type {any} */ next) => {
          const jobs = await next()
          drafts[0].set({ priority: 1 })
          return jobs
        },
      })
      await assert.rejects(Mail.enqueue({}), { code: 'ERAM_JOB', message: /draft.set: expected a call before next\(\), got one after it$/ })
    })
  })

  test('rejects the call with what it throws', async () => {
    await withEngine({ queues: {} }, async ({ engine, schema }) => {
      const refused = new Error('not today')
      engine.use({
        enqueue: async () => {
          throw refused
        },
      })
      await assert.rejects(Mail.enqueue({}), refused)
      await assert.rejects(EramEngine.enqueueAll([Mail.new({})]), refused)
      assert.equal((await schema.row('SELECT count(*)::int FROM eram_jobs')).count, 0)
    })
  })

  test('returns one job for each draft', async () => {
    await withEngine({ queues: {} }, async ({ engine }) => {
      for (const [given, got] of [
        [[], '0'],
        [undefined, 'undefined'],
      ]) {
        const drop = engine.use({ name: 'short', enqueue: async () => given })
        const message = `enqueue middleware "short": expected a list of 1 jobs, one for each draft, got ${got}`
        await assert.rejects(Mail.enqueue({}), { code: 'ERAM_JOB', message })
        drop()
      }
    })
  })

  test('calls next() once', async () => {
    await withEngine({ queues: {} }, async ({ engine, schema }) => {
      engine.use({
        enqueue: async (/** @type {any} */ _call, /** @type {any} */ next) => {
          await next()
          return next()
        },
      })
      await assert.rejects(Mail.enqueue({}), { code: 'ERAM_JOB', message: 'enqueue middleware: expected one call of next(), got a second' })
      assert.equal((await schema.row('SELECT count(*)::int FROM eram_jobs')).count, 1)
    })
  })

  test('applies to enqueues through a driver of the application', async () => {
    await withSchema(async (schema) => {
      const { seen, enqueue } = seeing()
      const { url, prefix } = schema
      const config = { url, prefix, form: 'select * from eram_enqueue_job($1)' }
      await schema.rows('CREATE TABLE book (worker text, inside boolean)')
      const engine = await EramEngine.start({ url, prefix, driver: /** @type {any} */ ({ type: 'custom', filename: DRIVER, config }) })
      try {
        engine.use({ enqueue })
        engine.use({
          enqueue: (/** @type {any} */ { drafts }, /** @type {any} */ next) => {
            drafts[0].set({ priority: 8 })
            return next()
          },
        })
        await Mail.enqueue({}, { queue: 'booked' })
        const { worker, priority } = await schema.row('SELECT worker, priority FROM eram_jobs')
        assert.deepEqual([worker, priority, seen.length], ['SurroundedMail', 8, 1])
        assert.deepEqual(await schema.rows('SELECT worker FROM book'), [{ worker }])
      } finally {
        await engine.stop()
      }
    })
  })

  test('of the isolate applies without an engine', async () => {
    await withSchema(async (schema) => {
      const { seen, enqueue } = seeing()
      const drop = EramEngine.use({ enqueue })
      try {
        await schema.client.query('BEGIN')
        const { id } = await Mail.enqueue({}, { tx: schema.client, prefix: schema.prefix })
        await schema.client.query('COMMIT')
        assert.deepEqual([seen[0]?.engine, seen[0]?.transaction, seen[0]?.ids], [null, true, [id]])
      } finally {
        drop()
      }
    })
  })

  test('of one engine does not apply to another', async () => {
    await withSchema(async (schema) => {
      const { seen, enqueue } = seeing()
      const options = { url: schema.url, prefix: schema.prefix }
      const first = await EramEngine.start({ ...options, name: 'first' })
      const second = await EramEngine.start({ ...options, name: 'second' })
      try {
        first.use({ enqueue })
        await second.enqueue(Mail, {})
        assert.equal(seen.length, 0)
        await first.enqueue(Mail, {})
        assert.equal(seen[0]?.engine, 'first')
      } finally {
        await first.stop()
        await second.stop()
      }
    })
  })
})

describe('the enqueue middleware of a class', () => {
  /** @type {string[][]} */
  const seen = []
  let isInserted = true
  class OwnMail extends EramJob {
    static use = [
      {
        async enqueue(/** @type {MiddlewareCall} */ { drafts }, /** @type {() => Promise<EnqueuedJob[]>} */ next) {
          seen.push(drafts.map(({ worker }) => worker))
          for (const draft of drafts) draft.set({ tags: ['own'] })
          return isInserted ? next() : drafts.map(({ worker }) => /** @type {any} */ ({ worker, id: null }))
        },
      },
    ]
    static {
      this.register({ name: 'SurroundedOwnMail' })
    }

    perform() {}
  }

  test('sees the drafts of its class, among others too, and its subclasses inherit it', async () => {
    class SubMail extends OwnMail {
      static {
        this.register({ name: 'SurroundedSubMail' })
      }
    }
    await withEngine({ queues: {} }, async ({ schema }) => {
      seen.length = 0
      const jobs = await EramEngine.enqueueAll([Call.new(), OwnMail.new(), SubMail.new(), OwnMail.new(), Call.new()])
      const workers = ['SurroundedCall', 'SurroundedOwnMail', 'SurroundedSubMail', 'SurroundedOwnMail', 'SurroundedCall']
      assert.deepEqual(
        jobs.map(({ worker }) => worker),
        workers,
      )
      assert.deepEqual(seen.sort(), [['SurroundedOwnMail', 'SurroundedOwnMail'], ['SurroundedSubMail']])
      const rows = await schema.rows('SELECT id, worker, tags FROM eram_jobs ORDER BY id')
      assert.deepEqual(
        rows.map(({ id }) => Number(id)),
        jobs.map(({ id }) => id),
      )
      assert.deepEqual(
        rows.map(({ tags }) => tags.length),
        [0, 1, 1, 1, 0],
      )
    })
  })

  test('may keep its jobs from being inserted, and no others', async () => {
    await withEngine({ queues: {} }, async ({ schema }) => {
      isInserted = false
      try {
        const jobs = await EramEngine.enqueueAll([OwnMail.new(), Call.new(), OwnMail.new()])
        assert.deepEqual(
          jobs.map(({ worker, id }) => [worker, id === null]),
          [
            ['SurroundedOwnMail', true],
            ['SurroundedCall', false],
            ['SurroundedOwnMail', true],
          ],
        )
        assert.deepEqual(await schema.rows('SELECT worker FROM eram_jobs'), [{ worker: 'SurroundedCall' }])
      } finally {
        isInserted = true
      }
    })
  })
})
