// eramjs/testing: assertions, drain, the clock and modes, on a real database.
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import { EramJob } from '../../index.js'
import {
  allEnqueued,
  assertEnqueued,
  drain,
  refuteEnqueued,
  startTestEngine,
  waitFor,
  withTestEngine,
  withTestingMode,
} from '../../testing.js'
import { DATABASE_URL, sql, withSchema } from '../support/database.js'

class Mail extends EramJob {
  static {
    this.register({ queue: 'mails', max_attempts: 3 })
  }
  /** @param {any} args @param {any} ctx */
  async perform({ to, fails, follows, snoozes }, ctx) {
    if (snoozes) return ctx.snooze(60)
    if (fails) throw new Error(`cannot reach ${to}`)
    if (follows) await ctx.enqueue(Mail, { to: follows })
    return { sent: to }
  }
}

/** @type {Awaited<ReturnType<typeof startTestEngine>>} */
let kit
before(async () => {
  kit = await startTestEngine({ url: DATABASE_URL })
})
beforeEach(() => kit.reset())
after(() => kit.stop())

describe('assertions', () => {
  test('a job is found by its class and a part of its args', async () => {
    await Mail.enqueue({ to: 'a@b.c', deep: { one: 1, two: 2 } })
    const job = await assertEnqueued(Mail, { to: /@b/, deep: { one: 1 } })
    assert.equal(job.state, 'available')
    assert.ok(job.inserted_at instanceof Date)
    await refuteEnqueued(Mail, { to: 'x' })
    assert.equal((await allEnqueued(Mail)).length, 1)
  })

  test('a failure shows the nearest jobs and where they differ', async () => {
    const { id } = await Mail.enqueue({ to: 'a@b.d' })
    await assert.rejects(assertEnqueued(Mail, { to: 'a@b.c' }), {
      name: 'AssertionError',
      message: `assertEnqueued: expected a job Mail { args: { to: 'a@b.c' } }, got none; 1 other is enqueued:\n  #${id} Mail  args.to: expected "a@b.c", got "a@b.d"`,
    })
  })

  test('a block counts only the jobs that it adds', async () => {
    await Mail.enqueue({ to: 'before' })
    await assertEnqueued({ worker: Mail, count: 1 }, () => Mail.enqueue({ to: 'within' }))
    await refuteEnqueued(Mail, () => {})
  })
})

describe('drain', () => {
  test('jobs run in this isolate, and those that they enqueue', async () => {
    await Mail.enqueue({ to: 'a', follows: 'b' })
    const { success, jobs } = await drain()
    assert.equal(success, 2)
    assert.deepEqual(
      jobs.map(({ state, result }) => [state, result]),
      [
        ['completed', { sent: 'a' }],
        ['completed', { sent: 'b' }],
      ],
    )
  })

  test('a failure is recorded, and thrown if that is asked', async () => {
    await Mail.enqueue({ to: 'a', fails: true })
    const first = await drain()
    assert.deepEqual([first.failure, first.jobs[0]?.state], [1, 'retryable'])
    await assert.rejects(drain({ with_scheduled: true, throws: true }), { message: 'cannot reach a' })
    assert.equal((await drain({ with_scheduled: true })).discard, 1)
  })

  test('in an open transaction, nothing is left after the rollback', async () => {
    const { client, row, end } = await sql(DATABASE_URL)
    try {
      await client.query('BEGIN')
      await Mail.enqueue({ to: 'a', follows: 'b' }, { tx: client })
      await Mail.enqueue({ to: 'c', fails: true }, { tx: client })
      await Mail.enqueue({ to: 'd', snoozes: true }, { tx: client })
      await assertEnqueued(Mail, { to: 'a' }, { tx: client })
      const { success, failure, snoozed } = await drain({ tx: client })
      assert.deepEqual([success, failure, snoozed], [2, 1, 1])
      await client.query('ROLLBACK')
      assert.equal((await row(`SELECT count(*)::int AS jobs FROM ${kit.prefix}.eram_jobs`)).jobs, 0)
    } finally {
      await end()
    }
  })
})

describe('the clock', () => {
  test('a scheduled job becomes due when the clock has advanced', async () => {
    await Mail.enqueue({ to: 'a' }, { schedule_in: '1 day' })
    await assertEnqueued({ worker: Mail, state: 'scheduled', scheduled_in: '1 day' })
    assert.equal((await drain()).success, 0)
    assert.deepEqual(await kit.clock.advance({ days: 1 }), { staged: 1, ticks: 0 })
    assert.equal((await drain()).success, 1)
  })

  test('each tick of a cron entry inserts its job', async () => {
    await kit.engine.cron.insert({ name: 'hourly', schedule: '0 * * * *', job: Mail, args: { to: 'hourly' } })
    const { ticks } = await kit.clock.advance({ hours: 24 })
    assert.equal(ticks, 24)
    assert.equal((await allEnqueued(Mail, { to: 'hourly' })).length, 24)
  })
})

describe('modes', () => {
  test('inline performs in the call and stores nothing', async () => {
    /** @type {any} */
    const job = await withTestingMode('inline', () => Mail.enqueue({ to: 'a', follows: 'b' }))
    assert.deepEqual([job.state, job.result], ['completed', { sent: 'a' }])
    await assert.rejects(
      withTestingMode('inline', () => Mail.enqueue({ to: 'a', fails: true })),
      { message: 'cannot reach a' },
    )
    assert.deepEqual(await allEnqueued(), [])
  })

  test('two scopes at once do not see each other', async () => {
    const [inline, manual] = await Promise.all([
      withTestingMode('inline', () => Mail.enqueue({ to: 'a' })),
      withTestingMode('manual', () => Mail.enqueue({ to: 'b' })),
    ])
    assert.deepEqual([inline.state, manual.state], ['completed', 'available'])
  })

  test('a live engine runs its queues', async () => {
    await withTestEngine({ url: DATABASE_URL, name: 'live', mode: 'live', queues: { mails: 2 } }, async ({ engine }) => {
      const { id } = await engine.enqueue(Mail, { to: 'a' })
      assert.deepEqual((await waitFor(id, 'final', { engine })).result, { sent: 'a' })
    })
  })
})

test('a schema without a clock cannot get one', async () => {
  await withSchema(({ prefix }) =>
    assert.rejects(startTestEngine({ url: DATABASE_URL, name: 'other', prefix }), {
      code: 'ERAM_CONFIG',
      message: `testing.clock: expected a new schema, or one that was created with a clock, got "${prefix}" without one`,
    }),
  )
})
