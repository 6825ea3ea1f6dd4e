// Mode inline: jobs are performed in the call that enqueues them.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { defineJob, EramEngine } from '../../index.js'
import { allEnqueued, startTestEngine, withTestingMode } from '../../testing.js'
import { DATABASE_URL, sql } from '../support/database.js'

/** @type {any[]} */
let seen = []
const Step = defineJob('InlineStep', { queue: 'steps', priority: 3, max_attempts: 7, unique: true }, async (args, ctx) => {
  const { attempt, max_attempts, priority, queue } = ctx.job
  seen.push({ args, attempt, max_attempts, priority, queue })
  if (args.fails) throw new Error('cannot')
  if (args.next) await ctx.enqueue('InlineStep', args.next)
  return { n: args.n }
})
const Plain = defineJob('InlinePlain', async (_, ctx) => ctx.job.priority)
const Written = defineJob('InlineWritten', { transaction: true }, async (args, ctx) => {
  await ctx.tx.query('INSERT INTO inline_rows (n) VALUES ($1)', [args.n])
  if (args.fails) throw new Error('cannot')
})
const Endless = defineJob('InlineEndless', async (_, ctx) => void (await ctx.enqueue('InlineEndless')))

/** @type {Awaited<ReturnType<typeof startTestEngine>>} */
let kit
before(async () => {
  kit = await startTestEngine({ url: DATABASE_URL, mode: 'inline', logger: false })
})
after(async () => {
  assert.deepEqual(await allEnqueued({ state: ['available', 'scheduled', 'completed'] }), [])
  await kit.stop()
})

test('a job is performed with its args as JSON and the options of its class, whenever it is due', async () => {
  seen = []
  const job = await Step.enqueue({ n: 1, at: new Date(0) }, { schedule_in: '1 day' })
  assert.deepEqual([job.state, /** @type {any} */ (job).result, job.conflict], ['completed', { n: 1 }, false])
  // Uniqueness is ignored.
  await Step.enqueue({ n: 1, at: new Date(0) })
  const expected = { args: { n: 1, at: '1970-01-01T00:00:00.000Z' }, attempt: 1, max_attempts: 7, priority: 3, queue: 'steps' }
  assert.deepEqual(seen, [expected, expected])
  assert.equal(/** @type {any} */ (await Plain.enqueue()).result, 0)
})

test('so are many, and those that a job enqueues', async () => {
  seen = []
  const jobs = await EramEngine.enqueueAll([Step.new({ n: 1, next: { n: 2 } }), Step.new({ n: 3 })])
  assert.deepEqual(
    jobs.map(({ state }) => state),
    ['completed', 'completed'],
  )
  assert.deepEqual(
    seen.map(({ args }) => args.n),
    [1, 2, 3],
  )
})

test('a failure rejects with the error of the job', async () => {
  await assert.rejects(Step.enqueue({ fails: true }), { message: 'cannot' })
  await assert.rejects(Step.enqueue({ next: { fails: true } }), { message: 'cannot' })
})

test('jobs within each other without end are refused with their chain', async () => {
  await assert.rejects(Endless.enqueue(), {
    code: 'ERAM_JOB',
    message: /at most 50 jobs within each other, got more: InlineEndless → InlineEndless/,
  })
})

test('in a transaction it runs inside, a failure undoes what it wrote, and a rollback all', async () => {
  const { client, end } = await sql(DATABASE_URL)
  try {
    await client.query('CREATE TEMPORARY TABLE inline_rows (n int)')
    const rows = async () => (await client.query('SELECT n FROM inline_rows ORDER BY n')).rows.map(({ n }) => n)
    await client.query('BEGIN')
    await Written.enqueue({ n: 1 }, { tx: client })
    await assert.rejects(Written.enqueue({ n: 2, fails: true }, { tx: client }), { message: 'cannot' })
    await EramEngine.withTransaction(client, () => Written.enqueue({ n: 3 }))
    assert.deepEqual(await rows(), [1, 3])
    await client.query('ROLLBACK')
    assert.deepEqual(await rows(), [])
    await assert.rejects(Written.enqueue({ n: 4 }), { code: 'ERAM_DRIVER' })
  } finally {
    await end()
  }
})

test('a scope does not leak into timers of another, and ends with its function', async () => {
  const later = withTestingMode('inline', () => setTimeout(1).then(() => Plain.enqueue()))
  const manual = await withTestingMode('manual', async () => {
    await setTimeout(2)
    return Plain.enqueue()
  })
  assert.deepEqual([(await later).state, manual.state], ['completed', 'available'])
  const nested = await withTestingMode('manual', () => withTestingMode('inline', () => Plain.enqueue()))
  assert.equal(nested.state, 'completed')
  await kit.reset()
})
