// The walk-through that EramJS was asked for runs as it was written: the set-up with TypeORM, both ways to register and to
// enqueue, jobs on the main thread and on the threads of their queues, and a driver of the user's own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { DataSource } from 'typeorm'
import { EramEngine, EramJob } from '../../index.js'
import { native } from '../../lib/addon/native.js'
import { until, withSchema } from '../support/database.js'
import { EmailUserJob, HourlyWorker, LedgerJob, MinuteWorker } from '../support/fixtures/seeds/jobs.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/** Without a filename: it runs on the main thread. */
class GreetUserJob extends EramJob {
  static {
    GreetUserJob.register({ queue: 'emails' })
  }

  /** @param {{ email: string }} args @param {any} opts */
  async perform(args, opts) {
    return { email: args.email, queue: opts.queue, isMainThread }
  }
}

/** @param {Schema} schema @param {number | null} id @returns {Promise<any>} */
const completed = (schema, id) =>
  until(async () => {
    const row = await schema.row('SELECT * FROM eram_jobs WHERE id = $1', [id])
    assert.equal(row.state, 'completed', JSON.stringify(row.errors))
    return row
  })

/**
 * @param {EramEngine} engine
 * @param {() => Promise<unknown>} scenario
 */
async function stopping(engine, scenario) {
  try {
    await scenario()
  } finally {
    await engine.stop({ grace: 1000 })
  }
}

test('the set-up with TypeORM', () =>
  withSchema(async (schema) => {
    const config = /** @type {const} */ ({ type: 'postgres', url: schema.url })
    const datasource = new DataSource(config)
    await datasource.initialize()
    const engine = await EramEngine.start({
      prefix: schema.prefix,
      queues: {
        default: { limit: 10 },
        emails: { limit: 10 },
        hourly: { limit: 1 },
      },
      driver: {
        type: 'typeorm',
        config: config,
      },
      prune: {
        interval: 30_000,
        limit: 10_000,
        max_age: 60,
      },
      lifeline: {
        interval: 60_000,
        rescue_after: 3_600_000,
      },
      reindexer: {
        schedule: '@midnight',
        indexes: ['eram_jobs_args_index', 'eram_jobs_meta_index'],
        timeout: 15,
        timezone: 'Etc/UTC',
      },
      cron: [
        ['* * * * * ', MinuteWorker],
        ['0 * * * * ', HourlyWorker, { custom: 'arg' }],
      ],
    })
    await stopping(engine, async () => {
      const effective = JSON.parse(native().config(/** @type {any} */ (engine).id))
      assert.deepEqual(effective.prune, { interval: 30_000, limit: 10_000, max_age: 60, audit_max_age: 7_776_000 })
      assert.deepEqual(effective.lifeline, { interval: 60_000, rescue_after: 3_600_000 })
      assert.deepEqual(effective.reindexer, {
        schedule: '@midnight',
        indexes: ['eram_jobs_args_index', 'eram_jobs_meta_index'],
        timeout: 15,
        timezone: 'Etc/UTC',
      })
      assert.deepEqual(
        effective.cron.map((/** @type {any} */ { schedule, job, args, timezone }) => [schedule, job, args, timezone]),
        [
          ['* * * * *', 'MinuteWorker', {}, 'Etc/UTC'],
          ['0 * * * *', 'HourlyWorker', { custom: 'arg' }, 'Etc/UTC'],
        ],
      )

      const job = await EmailUserJob.enqueue({
        args: { email: 'test@example.com' },
        priority: 1,
      })
      // As early examples spell it, which one warning names.
      /** @type {string[]} */
      const warnings = []
      process.on('warning', ({ message }) => warnings.push(message))
      const again = await EmailUserJob.equeue({
        args: { email: 'test@example.com' },
        priority: 1,
      })
      await EmailUserJob.equeue({ args: { email: 'test@example.com' } })
      // Unique within its period: the other job stands for it, unless a period has just ended.
      assert.ok(again.conflict ? again.id === job.id : Number(again.id) > Number(job.id))
      const row = await completed(schema, job.id)
      assert.deepEqual(
        warnings.filter((it) => it.includes('equeue')),
        ['EramJob.equeue: expected enqueue, got its alias equeue, which does the same'],
      )
      const { threadId, ...result } = row.result
      assert.deepEqual(result, { email: 'test@example.com', priority: 1, attempt: 1, isMainThread: false })
      assert.deepEqual([row.queue, row.max_attempts, row.priority, row.tags], ['default', 20, 1, []])

      // Each queue has a thread of its own.
      const minute = await completed(schema, (await MinuteWorker.enqueue()).id)
      assert.deepEqual(minute.result, { isMainThread: false, threadId })
      const hourly = await completed(schema, (await HourlyWorker.enqueue({ custom: 'arg' })).id)
      assert.equal(hourly.result.custom, 'arg')
      assert.notEqual(hourly.result.threadId, threadId)

      const greeting = await completed(schema, (await GreetUserJob.enqueue({ email: 'a@b.c' })).id)
      assert.deepEqual(greeting.result, { email: 'a@b.c', queue: 'emails', isMainThread: true })

      // With the caller's data, or not at all.
      await datasource.query(`CREATE TABLE "${schema.prefix}".users (email text)`)
      const insert = `INSERT INTO "${schema.prefix}".users VALUES ('new@example.com')`
      const undone = datasource.transaction(async (manager) => {
        await manager.query(insert)
        await EmailUserJob.enqueue({ email: 'new@example.com' }, { tx: manager })
        throw new Error('undone')
      })
      await assert.rejects(undone, { message: 'undone' })
      const kept = await datasource.transaction(async (manager) => {
        await manager.query(insert)
        return EmailUserJob.enqueue({ email: 'new@example.com' }, { tx: manager })
      })
      assert.equal((await completed(schema, kept.id)).result.email, 'new@example.com')
      assert.equal((await schema.row('SELECT count(*)::int FROM users')).count, 1)
      assert.equal((await schema.row(`SELECT count(*)::int FROM eram_jobs WHERE args->>'email' LIKE 'new@%'`)).count, 1)
    })
    await datasource.destroy()
  }))

test('a driver of the user’s own', () =>
  withSchema(async (schema) => {
    await schema.rows('CREATE TABLE ledger (entry text)')
    const { url, prefix } = schema
    const filename = fileURLToPath(new URL('../support/fixtures/seeds/custom_driver.js', import.meta.url))
    const engine = await EramEngine.start({
      prefix,
      queues: { default: 5 },
      driver: { type: 'custom', filename, config: { url, prefix } },
    })
    await stopping(engine, async () => {
      const done = await completed(schema, (await LedgerJob.enqueue({ entry: 'first' })).id)
      assert.deepEqual(done.result, { isMainThread: false })
      const failed = await LedgerJob.enqueue({ entry: 'second', fail: true })
      await until(async () => assert.equal((await engine.jobs.find(Number(failed.id)))?.state, 'discarded'))

      assert.deepEqual(await schema.rows('SELECT entry FROM ledger'), [{ entry: 'first' }])
      const mails = `SELECT id FROM eram_jobs WHERE worker = 'EmailUserJob'`
      assert.equal((await completed(schema, (await schema.row(mails)).id)).result.email, 'first@example.com')

      // Its own enqueue, inside a transaction and outside of one.
      const { driver } = await import('../support/fixtures/seeds/custom_driver.js')
      const own = driver({ url, prefix })
      const inside = await own.runInTransaction((client) => own.enqueue(client, { worker: 'MinuteWorker', args: {} }))
      const outside = await own.enqueue(null, { worker: 'MinuteWorker', args: {} })
      for (const { rows } of [/** @type {import('pg').QueryResult} */ (inside), outside]) await completed(schema, rows[0].id)
      await own.close()
    })
  }))
