// When nodes see a job that was enqueued in a transaction: not before the commit, and then without polling.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EramEngine } from '../../index.js'
import { ClockJob } from '../crash/programs/clock.js'
import { withSchema } from '../support/database.js'
import { createHarness } from '../support/fixtures/engine.js'
import { waitForSentinel } from '../support/sentinel.js'

/** @typedef {import('../support/fixtures/engine.js').Harness} Harness */
/** @typedef {import('pg').PoolClient} Client */

const QUEUE = 'clock'
const ROUNDS = 5
/** No test waits for a queue that polls this rarely. */
const HOUR = 3_600_000

/**
 * @typedef {Harness & {
 *   transaction: (body: (tx: Client) => Promise<unknown>, end?: 'COMMIT' | 'ROLLBACK') => Promise<number>,
 *   waitForSentinel: () => Promise<unknown>,
 * }} QueueHarness `transaction` resolves to the time before its commit; `waitForSentinel` when the queue relies on notifications
 */

/** @param {(harness: QueueHarness) => Promise<void>} body */
function withQueue(body) {
  return withSchema(async (schema) => {
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: { [QUEUE]: 20 }, poll_interval: HOUR })
    const pool = new pg.Pool({ connectionString: schema.url, options: `-c search_path=${schema.prefix}`, max: 4 })
    try {
      await body({
        ...createHarness(engine, schema),
        async transaction(body, end = 'COMMIT') {
          const tx = await pool.connect()
          try {
            await tx.query('BEGIN')
            await body(tx)
            const asked = Date.now()
            await tx.query(end)
            return asked
          } finally {
            tx.release()
          }
        },
        waitForSentinel: () => waitForSentinel(schema, QUEUE),
      })
    } finally {
      await pool.end()
      await engine.stop({ grace: 0 })
    }
  })
}

/**
 * Keeps a quarter of the queue's slots busy until the function that it returns is called.
 *
 * @param {EramEngine} engine
 */
function busy(engine) {
  let ended = false
  const work = (async () => {
    while (!ended) {
      await engine.enqueueAll(Array.from({ length: 10 }, () => ClockJob.new({ ms: 5 })))
      await sleep(10)
    }
  })()
  return async () => {
    ended = true
    await work
    await engine.drain(QUEUE)
  }
}

describe('a job of a transaction', () => {
  for (const state of /** @type {const} */ (['idle', 'busy'])) {
    test(`runs after the commit, and is not left to a poll, while the queue is ${state}`, () =>
      withQueue(async ({ engine, transaction, job, waitForState, waitForSentinel, schema }) => {
        // The thread is there, and its file is loaded.
        await waitForState(Number((await ClockJob.enqueue({})).id), 'completed')
        const end = state === 'busy' ? busy(engine) : async () => {}
        const ids = []
        for (let i = 0; i < ROUNDS; i++) {
          if (state === 'idle') await waitForSentinel()
          let id = 0
          const asked = await transaction(async (tx) => {
            id = Number((await ClockJob.enqueue({}, { tx })).id)
            // A later job of the same queue comes and goes; this one cannot be seen yet.
            await waitForState(Number((await ClockJob.enqueue({})).id), 'completed')
            assert.deepEqual(await schema.rows('SELECT id FROM eram_jobs WHERE id = $1', [id]), [])
          })
          const { result: began } = await waitForState(id, 'completed')
          assert.ok(began >= asked, `it ran ${asked - began} ms before the commit`)
          ids.push(id)
        }
        await end()
        for (const id of ids) assert.equal((await job(id)).attempt, 1)
      }))
  }

  test('leaves nothing behind after a rollback, and wakes no node', () =>
    withQueue(async ({ transaction, waitForSentinel, schema, recordEvents }) => {
      const begun = recordEvents('job:start')
      await waitForSentinel()
      await transaction(async (tx) => {
        await ClockJob.enqueue({}, { tx })
        await EramEngine.enqueueAll([ClockJob.new({}), ClockJob.new({})], { tx })
      }, 'ROLLBACK')
      assert.deepEqual(await schema.rows('SELECT id FROM eram_jobs'), [])
      await waitForSentinel()
      assert.deepEqual(begun, [])
    }))

  test('is undone with its savepoint', () =>
    withQueue(async ({ transaction, waitForState, schema }) => {
      let kept = 0
      await transaction(async (tx) => {
        await tx.query('SAVEPOINT inner_one')
        await ClockJob.enqueue({}, { tx })
        await tx.query('ROLLBACK TO SAVEPOINT inner_one')
        kept = Number((await ClockJob.enqueue({}, { tx })).id)
      })
      await waitForState(kept, 'completed')
      assert.deepEqual(
        (await schema.rows('SELECT id::int FROM eram_jobs')).map(({ id }) => id),
        [kept],
      )
    }))

  test('does not depend on a transaction beside its own', () =>
    withQueue(async ({ transaction, schema, waitForState }) => {
      const ids = { first: 0, second: 0, third: 0 }
      // The one that enqueues first commits last.
      await transaction(async (first) => {
        ids.first = Number((await ClockJob.enqueue({}, { tx: first })).id)
        await transaction(async (second) => {
          ids.second = Number((await ClockJob.enqueue({}, { tx: second })).id)
        }, 'ROLLBACK')
        await transaction(async (third) => {
          ids.third = Number((await ClockJob.enqueue({}, { tx: third })).id)
        })
        await waitForState(ids.third, 'completed')
      })
      await waitForState(ids.first, 'completed')
      assert.deepEqual(
        (await schema.rows('SELECT id::int FROM eram_jobs ORDER BY id')).map(({ id }) => id),
        [ids.first, ids.third],
      )
    }))
})

describe('plain SQL', () => {
  test('enqueues and wakes', () =>
    withQueue(async ({ schema, waitForSentinel, waitForState }) => {
      await waitForState(Number((await ClockJob.enqueue({})).id), 'completed')
      await waitForSentinel()
      const { id, queue, state, conflict } = await schema.row(`SELECT * FROM eram_enqueue_job('{"worker": "ClockJob", "queue": "clock"}')`)
      assert.deepEqual([queue, state, conflict], ['clock', 'available', false])
      await waitForState(Number(id), 'completed')
    }))

  test('enqueues from a trigger, in the transaction that fired it', () =>
    withQueue(async ({ schema, waitForSentinel, waitForState, transaction }) => {
      await schema.rows('CREATE TABLE orders (id int PRIMARY KEY)')
      await schema.rows(`
        CREATE FUNCTION order_placed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          PERFORM eram_enqueue_job(jsonb_build_object(
            'worker', 'ClockJob', 'queue', 'clock', 'args', jsonb_build_object('order', NEW.id)));
          RETURN NEW;
        END
        $$`)
      await schema.rows('CREATE TRIGGER order_placed AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION order_placed()')
      await waitForState(Number((await ClockJob.enqueue({})).id), 'completed')
      await waitForSentinel()
      await transaction((tx) => tx.query('INSERT INTO orders VALUES (1)'), 'ROLLBACK')
      await transaction((tx) => tx.query('INSERT INTO orders VALUES (2), (3)'))
      const jobs = await schema.rows(`SELECT id::int, args FROM eram_jobs WHERE args ? 'order' ORDER BY id`)
      assert.deepEqual(
        jobs.map(({ args }) => args.order),
        [2, 3],
      )
      for (const { id } of jobs) await waitForState(id, 'completed')
    }))

  test('is refused with what is wrong with the job', () =>
    withQueue(async ({ schema }) => {
      for (const [draft, message] of /** @type {[object, RegExp][]} */ ([
        [{}, /jobs\[0\]\.worker: expected a name of 1 to 127 characters, got null/],
        [{ worker: 'X', priority: 12 }, /jobs\[0\]\.priority: expected an integer from 0 to 9, got 12/],
        [{ worker: 'X', prio: 1 }, /jobs\[0\]\.unknown key prio/],
        [{ worker: 'X', schedule_in: -1 }, /jobs\[0\]\.schedule_in: expected seconds from 0 to 3155760000, got -1/],
        [{ worker: 'X', state: 'completed' }, /jobs\[0\]\.state: expected available, scheduled or suspended, got "completed"/],
        [{ worker: 'X', args: 'text' }, /jobs\[0\]\.args: expected an object, got "text"/],
      ])) {
        await assert.rejects(schema.rows('SELECT FROM eram_enqueue_job($1)', [JSON.stringify(draft)]), { message })
      }
      assert.deepEqual(await schema.rows('SELECT id FROM eram_jobs'), [])
    }))
})
