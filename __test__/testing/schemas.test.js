// The schemas of the testing kit: which are dropped as leftovers, which clock they follow, and where test engines are refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob, EramEngine } from '../../index.js'
import { drain, startTestEngine, withTestEngine } from '../../testing.js'
import { DATABASE_URL, sql } from '../support/database.js'

const Mail = defineJob('SchemaMail', { queue: 'mails' }, async (args, ctx) => {
  if (args.follows) await ctx.enqueue('SchemaMail', {})
})

/** @param {string} name */
const options = (name) => ({ url: DATABASE_URL, name, logger: /** @type {const} */ (false) })

test('a leftover is dropped after an hour, unless an engine still runs in it', async (t) => {
  const database = await sql(DATABASE_URL)
  t.after(() => database.end())
  const exists = async (/** @type {string} */ prefix) =>
    (await database.row(`SELECT count(*)::int AS found FROM pg_namespace WHERE nspname = '${prefix}'`)).found === 1
  const left = await startTestEngine(options('left'))
  left.keep()
  await left.stop()
  await withTestEngine(options('running'), async (running) => {
    const old = (/** @type {string} */ prefix) => database.client.query(`COMMENT ON SCHEMA ${prefix} IS 'eramjs test schema 1000000'`)
    await withTestEngine(options('first'), async () => {})
    assert.deepEqual([await exists(left.prefix), await exists(running.prefix)], [true, true])
    await old(left.prefix)
    await old(running.prefix)
    await withTestEngine(options('second'), async () => {})
    assert.deepEqual([await exists(left.prefix), await exists(running.prefix)], [false, true])
    // It works, too.
    await running.engine.enqueue(Mail, {})
    assert.equal((await drain({ engine: 'running' })).success, 1)
  })
})

test('in a transaction, drain follows the clock of the schema', async () => {
  await withTestEngine(options('clock'), async ({ clock, prefix }) => {
    const { client, end } = await sql(DATABASE_URL)
    try {
      await client.query('BEGIN')
      await Mail.enqueue({}, { tx: client, engine: 'clock', schedule_in: '1 day' })
      assert.equal((await drain({ tx: client, engine: 'clock' })).success, 0)
      await clock.advance('25 hours')
      assert.equal((await drain({ tx: client, engine: 'clock', prefix })).success, 1)
      await client.query('ROLLBACK')
    } finally {
      await end()
    }
  })
})

test('drain of a live engine waits for its queues, and gives the jobs', async () => {
  await withTestEngine({ ...options('live'), mode: 'live', queues: { mails: 2, default: 1 } }, async ({ engine }) => {
    await engine.enqueue(Mail, { follows: true })
    await engine.enqueue(Mail, {}, { schedule_in: '1 day' })
    const first = await drain({ engine })
    assert.deepEqual([first.success, first.jobs.map(({ state }) => state)], [2, ['completed', 'completed']])
    const second = await drain({ engine, queue: 'mails', with_scheduled: true })
    assert.deepEqual([second.success, second.jobs.length], [3, 3])
    await assert.rejects(drain({ engine, only: [Mail] }), {
      code: 'ERAM_CONFIG',
      message: 'drain.only: expected an engine in mode manual, or a transaction, got "mode live"',
    })
  })
})

test('in production, an engine for tests is refused unless it is forced', async (t) => {
  const { NODE_ENV } = process.env
  t.after(() => {
    if (NODE_ENV === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = NODE_ENV
  })
  process.env.NODE_ENV = 'production'
  await assert.rejects(startTestEngine(options('production')), {
    code: 'ERAM_CONFIG',
    message: /^testing: expected none where \$NODE_ENV is "production", got .*; force: true takes it all the same$/,
  })
  await withTestEngine({ ...options('production'), force: true }, async ({ engine }) => assert.equal(engine.name, 'production'))
  await assert.rejects(EramEngine.start({ ...options('production'), force: /** @type {any} */ (1) }), { code: 'ERAM_CONFIG' })
})
