// The database goes away under load and comes back: the errors of callers, and that no job is lost or run twice.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EramError } from '../../index.js'
import { withJournal } from '../crash/journal.js'
import { JournalJob } from '../crash/programs/journal.js'
import { withServer } from '../crash/server.js'
import { until } from '../support/until.js'

/** No test waits for a queue that polls this rarely. */
const HOUR = 3_600_000

/** @typedef {import('../../index.js').EramEngine} EramEngine */
/** @typedef {import('../../scripts/postgres.js').Postgres} Postgres */

describe('a server that goes away under load', { concurrency: true }, () => {
  for (const [how, leave] of /** @type {[string, (server: Postgres) => Promise<void>][]} */ ([
    ['shut down', (server) => server.down()],
    ['killed', (server) => server.kill()],
  ])) {
    test(`${how}, leaves running jobs alone, and everything continues when it is back`, () =>
      withJournal(({ file, entries }) =>
        withServer(async ({ server, start, connect }) => {
          // No job is found by polling, only by a notification.
          const queues = { journal: { limit: 10, poll_interval: HOUR }, slow: { limit: 3, poll_interval: HOUR } }
          const { engine, events } = await start({ name: how, queues, heartbeat_interval: 500 })
          const eventsOf = (/** @type {RegExp} */ kinds) => events.filter(({ event }) => kinds.test(event))
          const slow = await engine.enqueueAll(Array(3).fill({ worker: 'JournalJob', queue: 'slow', args: { file, ms: 1500 } }))
          const load = enqueueing(engine, file)
          await until(() => assert.ok(load.ids.length > 100))
          await until(async () => assert.equal((await engine.checkQueue('slow'))?.running.length, 3))

          await leave(server)
          await until(async () => {
            const done = (await entries()).map(({ job }) => job)
            assert.ok(slow.every(({ id }) => done.includes(Number(id))))
          })
          await until(() => assert.ok(load.errors.length > 20))
          await until(() => assert.equal(eventsOf(/^database:switch$/).length, 1))
          assert.equal((await engine.status()).listening, false)
          const before = load.ids.length
          await server.up()
          await until(() => assert.ok(load.ids.length > before + 100))
          await load.end()

          const { rows, row } = await connect()
          const open = async () => (await row(`SELECT count(*)::int AS open FROM eram_jobs WHERE state <> 'completed'`)).open
          await until(async () => assert.equal(await open(), 0))

          for (const error of load.errors) {
            assert.ok(error instanceof EramError)
            assert.equal(error.code, 'ERAM_UNAVAILABLE', error.message)
            assert.match(error.message, /^database( 127\.0\.0\.1:\d+)?: |^terminating connection due to administrator command/)
          }
          const jobs = await rows('SELECT id::int, attempt, errors, meta FROM eram_jobs ORDER BY id')
          const known = new Set(jobs.map(({ id }) => id))
          assert.deepEqual(
            [...slow.map(({ id }) => Number(id)), ...load.ids].filter((id) => !known.has(id)),
            [],
          )
          assert.deepEqual(
            jobs.filter(({ attempt, errors, meta }) => attempt !== 1 || errors.length > 0 || meta.interrupted),
            [],
          )
          const done = (await entries()).map(({ job }) => job)
          assert.deepEqual(
            done.toSorted((a, b) => a - b),
            [...known],
          )

          // Notifications of other connections reach it again.
          await until(async () => assert.equal((await engine.status()).listening, true))
          const { id } = await row('SELECT id::int FROM eram_enqueue_job($1)', [{ worker: 'JournalJob', queue: 'journal', args: { file } }])
          await until(async () => assert.equal((await engine.jobs.find(id))?.state, 'completed'))
          await until(() =>
            assert.deepEqual(
              eventsOf(/^database:switch$/).map(({ available }) => available),
              [false, true],
            ),
          )
          assert.deepEqual(eventsOf(/^(job:lost|job:rescued|job:exception|producer:lost|thread:exit)$/), [])
        }),
      ))
  }
})

/**
 * Enqueues four at a time until `end` is called.
 *
 * @param {EramEngine} engine
 * @param {string} file
 */
function enqueueing(engine, file) {
  const load = {
    /** @type {number[]} */
    ids: [],
    /** @type {unknown[]} */
    errors: [],
    ended: false,
    async end() {
      load.ended = true
      await all
    },
  }
  const one = async () => {
    while (!load.ended) {
      try {
        load.ids.push(Number((await engine.enqueue(JournalJob, { file })).id))
      } catch (error) {
        load.errors.push(error)
        await sleep(50)
      }
    }
  }
  const all = Promise.all([one(), one(), one(), one()])
  return load
}
