// fake(): enqueues are recorded, and no connection is opened. Every test here runs with an address that refuses.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { defineJob, EramEngine, EramJob } from '../../index.js'
import { allEnqueued, assertEnqueued, drain, fake, performJob, refuteEnqueued, withTestingMode } from '../../testing.js'

const Mail = defineJob('FakeMail', { queue: 'mails', max_attempts: 3, unique: true }, async (args, ctx) => {
  if (args.fails) throw new Error(`cannot reach ${args.to}`)
  if (args.snoozes) return ctx.snooze(60)
  if (args.follows) await ctx.enqueue('FakeMail', { to: args.follows })
  return { sent: args.to, attempt: ctx.attempt, earlier: ctx.job.errors.length }
})
const Other = defineJob('FakeOther', { priority: 5 }, async () => {})

/** Connections that were opened. */
let connections = 0
const server = createServer((socket) => {
  connections += 1
  socket.destroy()
})
const { DATABASE_URL } = process.env
before(async () => {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  process.env.DATABASE_URL = `postgres://eram@127.0.0.1:${/** @type {any} */ (server.address()).port}/none`
})
after(async () => {
  process.env.DATABASE_URL = DATABASE_URL
  await new Promise((resolve) => server.close(resolve))
  assert.equal(connections, 0)
})

/** @type {ReturnType<typeof fake>} */
let jobs
beforeEach(() => {
  jobs = fake()
})
afterEach(() => jobs.restore())

describe('what is enqueued', () => {
  test('is recorded, however it is enqueued, and with any transaction', async () => {
    const tx = /** @type {any} */ ({ anything: true })
    const job = await Mail.enqueue({ to: 'a' }, { schedule_in: '1h', tags: ['t'] })
    await Mail.enqueue({ to: 'b' }, { tx })
    await EramEngine.enqueueAll([Mail.new({ to: 'c' }), { worker: 'Elsewhere', args: { to: 'd' } }], { tx })
    await EramEngine.withTransaction(tx, () => Mail.enqueue({ to: 'e' }))
    assert.deepEqual([job.state, job.queue, job.conflict, job.args], ['scheduled', 'mails', false, { to: 'a' }])
    assert.deepEqual(
      jobs.jobs.map(({ worker, args, tx: recorded }) => [worker, args.to, recorded === tx]),
      [
        ['FakeMail', 'a', false],
        ['FakeMail', 'b', true],
        ['FakeMail', 'c', true],
        ['Elsewhere', 'd', true],
        ['FakeMail', 'e', true],
      ],
    )
  })

  test('keeps its args when the caller changes its own', async () => {
    const args = { to: 'a', list: [1] }
    const job = await Mail.enqueue(args)
    args.list.push(2)
    job.args.list.push(3)
    assert.deepEqual(jobs.jobs[0]?.args, { to: 'a', list: [1] })
  })

  test('is checked as the engine checks it', async () => {
    await assert.rejects(Mail.enqueue({}, { priority: 17 }), {
      code: 'ERAM_JOB',
      message: 'FakeMail.priority: expected an integer of at most 9, got 17',
    })
    await assert.rejects(Mail.enqueue(/** @type {any} */ ([])), { code: 'ERAM_JOB' })
    await assert.rejects(Mail.enqueue({}, { tx: undefined }), { code: 'ERAM_NOT_IN_TRANSACTION' })
    assert.equal(jobs.jobs.length, 0)
  })

  test('with strict, needs a transaction of a known library', async () => {
    const strict = fake({ strict: true })
    await assert.rejects(Mail.enqueue({ to: 'a' }, { tx: /** @type {any} */ ({ anything: true }) }), { code: 'ERAM_NOT_IN_TRANSACTION' })
    await Mail.enqueue({ to: 'b' }, { tx: /** @type {any} */ ({ query: async () => ({ rows: [] }) }) })
    await strict.assertEnqueued(Mail, { to: 'b' })
    strict.restore()
  })

  test('goes to the newest fake, until it is restored', async () => {
    const inner = fake()
    await Mail.enqueue({ to: 'inner' })
    inner.restore()
    await Mail.enqueue({ to: 'outer' })
    assert.deepEqual(
      [inner.jobs, jobs.jobs].map((all) => all.map(({ args }) => args.to)),
      [['inner'], ['outer']],
    )
    jobs.restore()
    await assert.rejects(Mail.enqueue({ to: 'a' }), { code: 'ERAM_NOT_RUNNING' })
  })

  test('goes to the fake of its scope, also at the same time', async () => {
    const others = [1, 2].map(() => fake())
    for (const other of others) other.restore()
    await Promise.all(others.map((other, i) => other.run(() => Mail.enqueue({ to: `${i}` }))))
    assert.deepEqual(
      others.map((other) => other.jobs.map(({ args }) => args.to)),
      [['0'], ['1']],
    )
    assert.deepEqual(jobs.jobs, [])
    await assert.rejects(
      withTestingMode('off', () => Mail.enqueue({ to: 'a' })),
      { code: 'ERAM_NOT_RUNNING' },
    )
  })

  test('is recorded by performJob first', async () => {
    const { enqueued } = await performJob(Mail, { to: 'a', follows: 'b' })
    assert.deepEqual([enqueued.length, jobs.jobs.length], [1, 0])
    await performJob(Mail, { to: 'a', follows: 'b' }, { enqueue: 'real' })
    assert.equal(jobs.jobs.length, 1)
  })

  test('finds a job in its place, once, if that is set', async () => {
    jobs.conflict(Mail, { id: 77, state: 'executing' })
    const [first, second] = [await Mail.enqueue({ to: 'a' }), await Mail.enqueue({ to: 'b' })]
    assert.deepEqual([first.id, first.state, first.conflict, second.conflict], [77, 'executing', true, false])
    assert.equal(jobs.jobs.length, 1)
  })
})

describe('assertions', () => {
  test('look in the fake, with its methods and without', async () => {
    const tx = /** @type {any} */ ({})
    await Mail.enqueue({ to: 'a', deep: { one: 1, two: 2 } }, { tx, schedule_in: { days: 1 } })
    for (const [assertIn, refuteIn, allIn] of /** @type {[typeof assertEnqueued, typeof refuteEnqueued, typeof allEnqueued][]} */ ([
      [assertEnqueued, refuteEnqueued, allEnqueued],
      [jobs.assertEnqueued.bind(jobs), jobs.refuteEnqueued.bind(jobs), jobs.allEnqueued.bind(jobs)],
    ])) {
      const job = await assertIn(Mail, { deep: { one: 1 } })
      assert.equal(job.args.to, 'a')
      await assertIn({ worker: Mail, queue: 'mails', scheduled_in: '1 day', count: 1 })
      await assertIn(Mail, { to: 'a' }, { tx })
      await refuteIn(Mail, { to: 'a' }, { tx: { another: true } })
      await refuteIn(Mail, { to: 'b' })
      await refuteIn(Other)
      assert.equal((await allIn()).length, 1)
      await assert.rejects(assertIn(Mail, { to: 'b' }), {
        name: 'AssertionError',
        message: `assertEnqueued: expected a job FakeMail { args: { to: 'b' } }, got none; 1 other is enqueued:\n  #${job.id} FakeMail  args.to: expected "b", got "a"`,
      })
      await assert.rejects(refuteIn(Mail), /refuteEnqueued: expected no job FakeMail, got 1/)
    }
  })

  test('of a block count only what it adds', async () => {
    await Mail.enqueue({ to: 'before' })
    await jobs.assertEnqueued({ worker: Mail, count: 1 }, () => Mail.enqueue({ to: 'within' }))
    await jobs.refuteEnqueued(Mail, () => {})
  })

  test('after clear() find nothing', async () => {
    await Mail.enqueue({ to: 'a' })
    jobs.clear()
    await refuteEnqueued(Mail)
    assert.deepEqual(jobs.jobs, [])
  })

  test('leave drain() to an engine', async () => {
    await assert.rejects(drain(), { code: 'ERAM_CONFIG', message: /got a fake; it has fake\.perform\(\)/ })
  })
})

describe('perform()', () => {
  test('runs what can run, by priority, due time and id, and what that enqueues', async () => {
    await Other.enqueue()
    await Mail.enqueue({ to: 'a', follows: 'b' })
    await Mail.enqueue({ to: 'later' }, { schedule_in: '1 day' })
    const { success, jobs: performed } = await jobs.perform()
    assert.equal(success, 3)
    assert.deepEqual(
      performed.map(({ worker, args, state, result }) => [worker, args.to, state, result?.sent]),
      [
        ['FakeMail', 'a', 'completed', 'a'],
        ['FakeMail', 'b', 'completed', 'b'],
        ['FakeOther', undefined, 'completed', undefined],
      ],
    )
    assert.ok(performed[0]?.completed_at instanceof Date)
    assert.equal((await jobs.perform()).success, 0)
    assert.equal((await jobs.perform({ with_scheduled: true })).success, 1)
  })

  test('keeps failures, and tries again with the scheduled ones', async () => {
    await Mail.enqueue({ to: 'a', fails: true })
    const {
      failure,
      jobs: [job],
    } = await jobs.perform()
    assert.deepEqual([failure, job?.state, job?.attempt, job?.errors.length], [1, 'retryable', 1, 1])
    assert.equal(job?.errors[0]?.message, 'cannot reach a')
    assert.equal(Number(job?.scheduled_at) - Number(job?.attempted_at), 17_000)
    const { failure: again, discard } = await jobs.perform({ with_scheduled: true })
    assert.deepEqual([again, discard, job?.state], [1, 1, 'discarded'])
    await Mail.enqueue({ to: 'b', fails: true })
    await assert.rejects(jobs.perform({ throws: true }), { message: 'cannot reach b' })
  })

  test('postpones a snoozed job without counting the attempt', async () => {
    await Mail.enqueue({ to: 'a', snoozes: true })
    const {
      snoozed,
      jobs: [job],
    } = await jobs.perform()
    assert.deepEqual([snoozed, job?.state, job?.attempt], [1, 'scheduled', 0])
  })

  test('takes the options of drain', async () => {
    await Mail.enqueue({ to: 'a', follows: 'b' })
    await Other.enqueue()
    assert.equal((await jobs.perform({ only: [Other] })).success, 1)
    assert.equal((await jobs.perform({ queue: ['default'] })).success, 0)
    assert.equal((await jobs.perform({ with_recursion: false })).success, 1)
    assert.equal((await jobs.perform({ queue: 'mails' })).success, 1)
    const Again = defineJob('FakeAgain', async (_, ctx) => void (await ctx.enqueue('FakeAgain')))
    await Again.enqueue()
    await assert.rejects(jobs.perform({ limit: 5 }), {
      code: 'ERAM_TIMEOUT',
      message: 'fake.perform: expected at most 5 attempts, got more; most were of FakeAgain (5)',
    })
  })

  test('gives a job the transaction that it was enqueued in', async () => {
    const Transacted = defineJob('FakeTransacted', { transaction: true }, async (_, ctx) => ctx.tx.name)
    await Transacted.enqueue({}, { tx: /** @type {any} */ ({ name: 'outer' }) })
    const {
      jobs: [job],
    } = await jobs.perform()
    assert.equal(job?.result, 'outer')
  })

  test('names a class that is not there', async () => {
    await EramEngine.enqueueAll([{ worker: 'Elsewhere', args: {} }])
    await assert.rejects(jobs.perform(), { code: 'ERAM_JOB', message: /expected a registered class "Elsewhere"/ })
  })
})

test('wrong options are named', async () => {
  assert.throws(() => fake(/** @type {any} */ ({ strct: true })), {
    code: 'ERAM_CONFIG',
    message: 'fake: expected only strict, got "strct"',
  })
  await assert.rejects(jobs.perform(/** @type {any} */ ({ engine: 'x' })), {
    code: 'ERAM_CONFIG',
    message: /^fake\.perform: expected only queue/,
  })
  class Unregistered extends EramJob {
    perform() {}
  }
  assert.throws(() => jobs.conflict(Unregistered), { code: 'ERAM_JOB' })
})
