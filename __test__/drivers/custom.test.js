// Drivers of the user's own, as the walk-through shows them: with an enqueue of their own, and as driver adapters.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EramEngine, EramError, err, ok } from '../../index.js'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { until, withSchema } from '../support/database.js'
import makeAdapter from '../support/fixtures/seeds/adapter_driver.js'
import { AdaptedJob } from '../support/fixtures/seeds/adapter_jobs.js'
import { BookedJob, InsideJob, OutsideJob } from '../support/fixtures/seeds/own_jobs.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const fixture = (/** @type {string} */ name) => fileURLToPath(new URL(`../support/fixtures/seeds/${name}`, import.meta.url))

/** @param {Schema} schema @param {number | null} id @param {string} [state] @returns {Promise<any>} */
const settled = (schema, id, state = 'completed') =>
  until(async () => {
    const row = await schema.row('SELECT * FROM eram_jobs WHERE id = $1', [id])
    assert.equal(row.state, state, JSON.stringify(row.errors))
    return row
  })

/** @param {Schema} schema @param {object} driver @param {() => Promise<unknown>} scenario */
async function started({ prefix }, driver, scenario) {
  const engine = await EramEngine.start({ prefix, queues: { default: 5 }, driver: /** @type {any} */ (driver), logger: false })
  try {
    await scenario()
  } finally {
    await engine.stop({ grace: 1000 })
  }
}

for (const form of ['select eram_enqueue_job($1);', 'select * from eram_enqueue_job($1)']) {
  test(`a driver's own enqueue puts every job on its queue: ${form}`, () =>
    withSchema(async (schema) => {
      const { url, prefix } = schema
      await schema.rows('CREATE TABLE book (worker text, inside boolean)')
      const book = () => schema.rows('SELECT worker, inside FROM book ORDER BY 1, 2')
      const driver = { type: 'custom', filename: fixture('own_enqueue.js'), config: { url, prefix, form } }
      await started(schema, driver, async () => {
        const options = { queue: 'booked', unique: { period: Infinity }, meta: { note: 'a "quoted, \\ one"' } }
        const first = await BookedJob.enqueue({}, options)
        const row = await schema.row('SELECT * FROM eram_jobs')
        assert.deepEqual(
          [first.id, first.worker, first.state, first.conflict, first.inserted_at, first.scheduled_at],
          [Number(row.id), 'BookedJob', 'available', false, row.inserted_at, row.scheduled_at],
        )
        const second = await BookedJob.enqueue({}, options)
        assert.ok(second.conflict)
        assert.deepEqual([second.id, second.meta], [first.id, options.meta])

        // From a thread, inside a transaction and outside of one.
        const outside = await settled(schema, (await OutsideJob.enqueue()).id)
        const inside = await settled(schema, (await InsideJob.enqueue({})).id)
        for (const { result } of [outside, inside]) {
          assert.equal(result.isMainThread, false)
          assert.equal((await schema.row('SELECT worker FROM eram_jobs WHERE id = $1', [result.id])).worker, 'BookedJob')
        }
        await settled(schema, (await InsideJob.enqueue({ fail: true })).id, 'discarded')

        // All or none.
        const drafts = [BookedJob.new({}), BookedJob.new({})]
        assert.equal((await EramEngine.enqueueAll(drafts)).length, 2)
        await schema.rows(`ALTER TABLE eram_jobs ADD CONSTRAINT no_secrets CHECK (args->>'from' <> 'secret')`)
        const refused = EramEngine.enqueueAll([BookedJob.new({}), BookedJob.new({ from: 'secret' })])
        await assert.rejects(refused, (error) => {
          assert.ok(error instanceof EramError)
          assert.deepEqual([error.code, error.sqlstate], ['ERAM_DATABASE', '23514'])
          assert.doesNotMatch(error.message, /secret"/)
          return true
        })
      })
      assert.deepEqual(await book(), [
        ...Array(3).fill({ worker: 'BookedJob', inside: false }),
        ...Array(3).fill({ worker: 'BookedJob', inside: true }),
        ...Array(2).fill({ worker: 'InsideJob', inside: false }),
        { worker: 'OutsideJob', inside: false },
      ])
      assert.equal((await schema.row(`SELECT count(*)::int FROM eram_jobs WHERE worker = 'BookedJob'`)).count, 5)
      // With the engine its driver is gone, on this thread too.
      await assert.rejects(BookedJob.enqueue(), { code: 'ERAM_NOT_RUNNING' })
    }))
}

test('a driver adapter: its Transaction is ctx.tx, and commits or rolls back with the job', () =>
  withSchema(async (schema) => {
    const { url, prefix } = schema
    await schema.rows('CREATE TABLE ledger (entry text PRIMARY KEY)')
    const driver = { type: 'custom', filename: fixture('adapter_driver.js'), config: { url, prefix } }
    await started(schema, driver, async () => {
      const { result } = await settled(schema, (await AdaptedJob.enqueue({ entry: 'kept' })).id)
      assert.deepEqual(result.keys, ['commit', 'executeRaw', 'listen', 'queryRaw', 'rollback'])
      assert.deepEqual(result.inserted, { ok: true, value: 1 })
      await settled(schema, (await AdaptedJob.enqueue({ entry: 'undone', fail: true })).id, 'discarded')
      assert.deepEqual(await schema.rows('SELECT entry FROM ledger'), [{ entry: 'kept' }])
      const later = await schema.rows(`SELECT id::int, args FROM eram_jobs WHERE state = 'scheduled'`)
      assert.deepEqual(later, [{ id: result.later, args: { entry: 'after kept' } }])
    })
  }))

test('enqueue joins a Transaction of a driver adapter, and passes on errors of the server', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const adapter = await makeAdapter({ url, prefix })
    const begin = async () => {
      const started = await adapter.startTransaction()
      assert.ok(started.ok)
      return started.value
    }
    const tx = await begin()
    await AdaptedJob.enqueue({ entry: 'kept' }, { tx, prefix })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    assert.deepEqual(await tx.commit(), { ok: true, value: undefined })
    const undone = await begin()
    await AdaptedJob.enqueue({ entry: 'undone' }, { tx: undone, prefix })
    await undone.rollback()
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { entry: 'kept' } }])

    assert.throws(() => resolveExecutor(adapter), { code: 'ERAM_NOT_IN_TRANSACTION', message: /startTransaction\(\) gives/ })
    const aborted = await begin()
    const said = await aborted.queryRaw({ sql: 'SELECT no_such_column', args: [] })
    assert.deepEqual(said.ok === false && said.error.kind === 'Postgres' && [said.error.code, said.error.severity], ['42703', 'ERROR'])
    const refused = AdaptedJob.enqueue({ entry: 'late' }, { tx: aborted, prefix })
    await assert.rejects(refused, { code: 'ERAM_DATABASE', sqlstate: '25P02' })
    await aborted.rollback()
    await adapter.close()
  }))

test('an error of JavaScript crosses an adapter as a number, and comes back as the cause', async () => {
  const original = new TypeError('the original')
  const result = err(original)
  assert.equal(result.error.kind, 'GenericJs')
  const tx = {
    queryRaw: async () => result,
    executeRaw: async () => result,
    listen: async () => ok(undefined),
    commit: async () => ok(undefined),
    rollback: async () => ok(undefined),
  }
  await assert.rejects(AdaptedJob.enqueue({ entry: 'a' }, { tx }), (/** @type {any} */ error) => {
    assert.equal(error.code, 'ERAM_DRIVER')
    assert.equal(error.cause, original)
    return true
  })
  // An error of the union goes through as it is.
  const error = {
    kind: /** @type {const} */ ('Postgres'),
    code: '40001',
    severity: 'ERROR',
    message: 'm',
    detail: 'd',
    column: undefined,
    hint: 'h',
  }
  assert.deepEqual(err(error), { ok: false, error })
  const server = Object.assign(new Error('m'), { code: '40001', severity: 'ERROR', detail: 'd', hint: 'h' })
  assert.deepEqual(err(new Error('wrapped', { cause: server })), { ok: false, error })
  await assert.rejects(AdaptedJob.enqueue({ entry: 'a' }, { tx: { ...tx, queryRaw: async () => err(error) } }), {
    code: 'ERAM_DATABASE',
    sqlstate: '40001',
  })
})

test('an invalid custom driver is refused at the start, and what it opened is closed', () =>
  withSchema(async ({ url, prefix }) => {
    /** @param {object} driver @param {RegExp} message */
    const refused = (driver, message) =>
      assert.rejects(EramEngine.start({ prefix, driver: /** @type {any} */ ({ type: 'custom', ...driver }) }), {
        code: 'ERAM_DRIVER',
        message,
      })
    let closed = 0
    const close = () => {
      closed += 1
    }
    const runInTransaction = () => {}
    await refused(
      { instance: { postgresql_url: url } },
      /runInTransaction: expected a function, or startTransaction of a DriverAdapter, got undefined$/,
    )
    await refused({ instance: { runInTransaction, enqueue: 5 } }, /enqueue: expected a function, got 5$/)
    await refused({ instance: { runInTransaction, close } }, /postgresql_url: expected a connection string, got undefined$/)
    // A connection that the test opened stays open.
    assert.equal(closed, 0)
    assert.throws(() => EramEngine.get(), { code: 'ERAM_NOT_RUNNING' })
  }))
