// An engine with every connection through PgBouncer in transaction mode: all its work, and no complaint in either log.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { until, withSchema } from '../support/database.js'
import { createHarness, enqueue } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'
import { missing, startPgbouncer } from '../support/pgbouncer.js'

test('an engine does all its work through PgBouncer in transaction mode', { skip: missing }, async (t) => {
  const server = await startPostgres()
  // Fewer connections than the two engines have together.
  const pgbouncer = await startPgbouncer(server.url, 'pool_mode = transaction\ndefault_pool_size = 3')
  try {
    await withSchema(
      async (schema) => {
        const { prefix } = schema
        const options = {
          url: pgbouncer.url,
          prefix,
          pgbouncer: true,
          poll_interval: 100,
          heartbeat_interval: 500,
          logger: /** @type {const} */ (false),
        }
        const engine = await EramEngine.start({
          ...options,
          queues: { thread: { limit: 20, abort_grace: 500 }, open: 1 },
          lifeline: { interval: 500, rescue_after: 5000 },
          cron: [['0 0 1 1 *', 'ThreadJob', { action: 'return' }, { name: 'yearly', guaranteed: true, queue: 'thread' }]],
        })
        // Another node, to control the jobs of the first.
        const other = await EramEngine.start({ ...options, name: 'other', node: 'other' })
        const { waitForState, runToCompletion, job, recordEvents } = createHarness(engine, schema)
        try {
          await t.test('polls, and reports it', async () => {
            const { listening, driver: _, ...rest } = await engine.status()
            assert.equal(listening, false, JSON.stringify(rest))
          })

          await t.test('enqueues one by one and in bulk, and performs', async () => {
            const one = await Promise.all(Array.from({ length: 100 }, () => ThreadJob.enqueue({ action: 'return' })))
            const many = await EramEngine.enqueueAll(Array.from({ length: 2500 }, () => ThreadJob.new({ action: 'return' })))
            const ids = [...one, ...many].map(({ id }) => id)
            await until(async () => {
              const [{ done }] = await schema.rows(
                `SELECT count(*)::int AS done FROM eram_jobs WHERE id = ANY ($1) AND state = 'completed' AND attempt = 1`,
                [ids],
              )
              assert.equal(done, 2600)
            })
          })

          await t.test('schedules, snoozes and tries again', async () => {
            const later = await enqueue(ThreadJob, { action: 'return' }, { schedule_in: 1 })
            const failing = await enqueue(ThreadJob, { action: 'throw', message: 'again' }, { backoff: 'none', max_attempts: 3 })
            const snoozing = await enqueue(ThreadJob, { action: 'choose', by: 'ctx', how: 'snooze', value: 60 })
            const { scheduled_at, attempted_at } = await waitForState(later, 'completed')
            assert.ok(attempted_at >= scheduled_at)
            assert.deepEqual((await waitForState(failing, 'discarded')).errors.length, 3)
            assert.deepEqual((await waitForState(snoozing, 'scheduled')).meta, { snoozed: 1 })
          })

          await t.test('meets unique jobs', async () => {
            const options = { unique: { period: 60 }, schedule_in: 60 }
            const all = await Promise.all(Array.from({ length: 20 }, () => ThreadJob.enqueue({ action: 'return', of: 'unique' }, options)))
            assert.equal(all.filter(({ conflict }) => !conflict).length, 1)
            assert.equal(new Set(all.map(({ id }) => id)).size, 1)
          })

          await t.test('cancels what runs on another node', async () => {
            const id = await enqueue(ThreadJob, { action: 'wait' })
            await waitForState(id, 'executing')
            await other.jobs.cancel(id)
            await waitForState(id, 'cancelled')
          })

          await t.test('pauses and resumes from another node', async () => {
            await other.pause('thread')
            await until(async () => assert.equal((await engine.checkQueue('thread'))?.paused, true))
            const id = await enqueue(ThreadJob, { action: 'return' })
            // Another queue of the same node performs what came later.
            await runToCompletion(ThreadJob, { action: 'return' }, { queue: 'open' })
            assert.equal((await job(id)).state, 'available')
            await other.resume('thread')
            await waitForState(id, 'completed')
          })

          await t.test('makes the ticks of cron entries', async () => {
            await schema.rows(
              `UPDATE eram_crons SET last_at = NULL,
                 since = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day'`,
            )
            // So that it looks now.
            await other.cron.insert({ schedule: '0 0 1 1 *', job: 'ThreadJob', name: 'another' })
            await engine.cron.delete('another')
            await until(async () =>
              assert.deepEqual(await schema.rows(`SELECT state::text FROM eram_jobs WHERE meta->>'cron_name' = 'yearly'`), [
                { state: 'completed' },
              ]),
            )
          })

          await t.test('rescues a job without a producer', async () => {
            const rescued = recordEvents('job:rescued')
            const { id } = await schema.row(
              `INSERT INTO eram_jobs (worker, queue, args, state, attempt, attempted_at, attempted_by)
               VALUES ('ThreadJob', 'thread', '{"action": "return"}', 'executing', 1, now() - interval '1 minute', ARRAY['gone', gen_random_uuid()::text])
               RETURNING id::int`,
            )
            const row = await waitForState(id, 'completed')
            assert.deepEqual([row.attempt, row.errors[0].kind], [2, 'lost'])
            assert.equal(rescued.length, 1)
          })

          await t.test('ends a job of which the thread is blocked', async () => {
            assert.equal(
              (await runToCompletion(ThreadJob, { action: 'spin' }, { timeout: 300, max_attempts: 1 })).errors[0].kind,
              'timeout',
            )
          })
        } finally {
          await Promise.all([engine, other].map((it) => it.stop({ grace: 0 })))
        }
        assert.deepEqual(await schema.rows('SELECT uuid FROM eram_producers'), [])
      },
      { url: server.url },
    )

    await t.test('leaves no complaint in either log', async () => {
      const lines = `${await readFile(server.logFile, 'utf8')}\n${pgbouncer.said()}`.split('\n')
      assert.ok(lines.length > 5)
      assert.deepEqual(
        lines.filter((line) => /ERROR|FATAL|PANIC|prepared statement|advisory lock|you don't own a lock|pooler error/i.test(line)),
        [],
      )
    })
  } finally {
    await pgbouncer.stop()
    await server.stop()
  }
})
