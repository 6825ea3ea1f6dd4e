// What middleware carries from an enqueue to the job: eramjs/context, and the key `context` of a draft.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { contextMiddleware } from '../../integrations/context/index.js'
import { withTestingMode } from '../../testing.js'
import { withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { TracedMainJob, TracedProcessJob, TracedThreadJob } from '../support/fixtures/telemetry/jobs.js'
import { requests } from '../support/fixtures/telemetry/setup.js'

const SETUP = new URL('../support/fixtures/telemetry/setup.js', import.meta.url)
const QUEUES = { traced_main: 1, traced_thread: 1, traced_process: 1 }

/** @param {object} draft @param {import('../support/database.js').Schema} schema @returns {Promise<any>} */
async function enqueued(draft, { row }) {
  const { eram } = await row('SELECT eram_enqueue($1) AS eram', [JSON.stringify({ worker: 'W', ...draft })])
  const [{ id }] = JSON.parse(eram)
  return row('SELECT id, meta FROM eram_jobs WHERE id = $1', [id])
}

describe('contextMiddleware', () => {
  test('carries a request to jobs in every isolate, and to jobs of jobs', async () => {
    await withEngine({ queues: QUEUES, setup: SETUP }, async ({ runToCompletion, waitForState, schema }) => {
      for (const [JobClass, isolate] of /** @type {const} */ ([
        [TracedMainJob, 'main'],
        [TracedThreadJob, 'thread'],
        [TracedProcessJob, 'process'],
      ])) {
        const row = await requests.run({ id: 'r1' }, () => runToCompletion(JobClass, {}))
        assert.deepEqual([row.result, row.meta], [{ id: 'r1', from: isolate }, { context: { request: { id: 'r1' } } }])
      }
      await requests.run({ id: 'r2' }, () => runToCompletion(TracedThreadJob, { chain: ['TracedProcessJob'] }))
      const { id } = await schema.row('SELECT max(id)::int AS id FROM eram_jobs')
      assert.deepEqual((await waitForState(id, 'completed')).result, { id: 'r2', from: 'process' })
      assert.equal((await runToCompletion(TracedThreadJob, {})).result, null)
    })
  })

  test('carries it to a job that is performed in the call that enqueues it', async () => {
    await withEngine({ queues: QUEUES, setup: SETUP }, async () => {
      const job = await requests.run({ id: 'r3' }, () => withTestingMode('inline', () => TracedMainJob.enqueue({})))
      assert.deepEqual(/** @type {any} */ (job).result, { id: 'r3', from: 'main' })
    })
  })

  test('refuses what is too long, and what JSON cannot represent', async () => {
    const storage = new AsyncLocalStorage()
    const drop = EramEngine.use(contextMiddleware(storage, { key: 'own', capture: (store) => /** @type {any} */ (store), restore: String }))
    try {
      await withEngine({ queues: {} }, async ({ schema }) => {
        for (const [store, message] of /** @type {const} */ ([
          [{ text: 'x'.repeat(2048) }, 'W: draft.context: own: expected at most 2048 bytes of JSON, got 2059'],
          [{ big: 1n }, /^W: draft.context: own.big: expected JSON, got a BigInt/],
        ])) {
          await assert.rejects(
            storage.run(store, () => EramEngine.enqueue('W')),
            { code: 'ERAM_JOB', message },
          )
        }
        assert.equal((await schema.row('SELECT count(*)::int FROM eram_jobs')).count, 0)
      })
    } finally {
      drop()
    }
  })

  test('refuses wrong options', () => {
    const made = /** @type {any} */ (contextMiddleware)
    const storage = new AsyncLocalStorage()
    const of = { capture: () => {}, restore: () => {} }
    for (const [args, got] of [
      [[5, of], 'an AsyncLocalStorage'],
      [[storage], 'functions capture'],
      [[storage, { ...of, key: 5 }], 'a key'],
    ]) {
      assert.throws(() => made(.../** @type {any[]} */ (args)), {
        code: 'ERAM_CONFIG',
        message: new RegExp(`^contextMiddleware: expected ${got}`),
      })
    }
  })
})

describe('the key context of a draft', () => {
  const context = { trace: { traceparent: 'carried' }, context: { request: { id: 1 } } }

  test('becomes a part of meta, in which the caller wins', () =>
    withSchema(async (schema) => {
      assert.deepEqual((await enqueued({ context }, schema)).meta, context)
      assert.deepEqual((await enqueued({ context, meta: { team: 1 } }, schema)).meta, { ...context, team: 1 })
      const own = { trace: { traceparent: 'own' } }
      assert.deepEqual((await enqueued({ context, meta: own }, schema)).meta, { ...context, ...own })
      assert.deepEqual((await enqueued({ context, unique: true }, schema)).meta, context)
    }))

  test('does not keep unique jobs apart, and replaces meta with it', () =>
    withSchema(async (schema) => {
      const unique = { fields: ['meta'], period: 'infinity', replace: ['meta'] }
      const first = await enqueued({ meta: { team: 1 }, context, unique }, schema)
      const other = { trace: { traceparent: 'other' } }
      const second = await enqueued({ meta: { team: 1 }, context: other, unique }, schema)
      assert.deepEqual(second, { id: first.id, meta: { team: 1, ...other } })
    }))

  test('is refused in another form, and meta.context of a caller', () =>
    withSchema(async (schema) => {
      for (const [draft, message] of /** @type {const} */ ([
        [{ context: 5 }, 'context: expected an object with the objects trace and context, got 5'],
        [{ context: { trace: 5 } }, 'context: expected an object with the objects trace and context, got {"trace": 5}'],
        [{ context: { other: {} } }, 'context: expected an object with the objects trace and context, got {"other": {}}'],
        [{ meta: { context: {} } }, 'meta.context: expected no member of this name, which is what enqueue middleware carries, got one'],
      ])) {
        await assert.rejects(enqueued(draft, schema), { message: `eram: jobs[0].${message}` })
      }
      const message = 'W.meta: expected no member context, got one; enqueue middleware sets it: draft.context({ … })'
      const { prefix, client: tx } = schema
      await assert.rejects(EramEngine.enqueue('W', {}, { meta: { context: {} }, tx, prefix }), { code: 'ERAM_JOB', message })
    }))
})
