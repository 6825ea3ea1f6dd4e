// When a job of a transaction can be seen by those who run jobs: after the commit, and then at once.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EramEngine } from '../../index.js'
import { ClockJob } from '../crash/programs/clock.js'
import { asleep } from '../support/asleep.js'
import { withSchema } from '../support/database.js'
import { groundOf } from '../support/fixtures/engine.js'

/** @typedef {import('../support/fixtures/engine.js').Ground} Ground */
/** @typedef {import('pg').PoolClient} Client */

const QUEUE = 'clock'
const ROUNDS = 20
// What the promise says; a machine that does much else at the same time may need more.
const AT_ONCE = 100

/**
 * @typedef {Ground & {
 *   transaction: (body: (tx: Client) => Promise<unknown>, end?: 'COMMIT' | 'ROLLBACK') => Promise<number>,
 *   asleep: () => Promise<unknown>,
 * }} Bank  `transaction` resolves to the time of its commit; `asleep`: when the queue waits to be notified
 */

/** @param {(bank: Bank) => Promise<void>} body */
function withBank(body) {
  return withSchema(async (schema) => {
    // A queue that nobody wakes would not look for a minute.
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: { [QUEUE]: 20 }, poll_interval: 60_000 })
    const pool = new pg.Pool({ connectionString: schema.url, options: `-c search_path=${schema.prefix}`, max: 4 })
    try {
      await body({
        ...groundOf(engine, schema),
        async transaction(body, end = 'COMMIT') {
          const tx = await pool.connect()
          try {
            await tx.query('BEGIN')
            await body(tx)
            await tx.query(end)
            return Date.now()
          } finally {
            tx.release()
          }
        },
        asleep: () => asleep(schema, QUEUE),
      })
    } finally {
      await pool.end()
      await engine.stop({ grace: 0 })
    }
  })
}

/** @param {number[]} values */
const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Infinity

/**
 * A quarter of what the queue can do, until told to end.
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
    test(`never runs before the commit, while the queue is ${state}`, () =>
      withBank(async ({ engine, transaction, job, reaches, schema }) => {
        const end = state === 'busy' ? busy(engine) : async () => {}
        let id = 0
        const at = await transaction(async (tx) => {
          id = Number((await ClockJob.enqueue({}, { tx })).id)
          await sleep(500)
          assert.deepEqual(await schema.rows('SELECT id FROM eram_jobs WHERE id = $1', [id]), [])
        })
        const { result, attempt } = await reaches(id, 'completed')
        assert.equal(attempt, 1)
        // Both clocks are this machine's; a commit is over a moment before its caller hears of it.
        assert.ok(result > at - 100, `it ran ${at - result} ms before the commit`)
        await end()
        assert.equal((await job(id)).attempt, 1)
      }))

    test(`begins within ${AT_ONCE} ms of the commit, while the queue is ${state}`, (t) =>
      withBank(async ({ engine, transaction, reaches, asleep }) => {
        // The thread is there, and its file is loaded.
        await reaches(Number((await ClockJob.enqueue({})).id), 'completed')
        const end = state === 'busy' ? busy(engine) : async () => {}
        /** @type {number[]} */
        const waits = []
        for (let i = 0; i < ROUNDS; i++) {
          if (state === 'idle') await asleep()
          let id = 0
          const at = await transaction(async (tx) => {
            id = Number((await ClockJob.enqueue({}, { tx })).id)
          })
          waits.push((await reaches(id, 'completed')).result - at)
        }
        await end()
        t.diagnostic(`median ${median(waits).toFixed(1)} ms, longest ${Math.max(...waits).toFixed(1)} ms`)
        assert.ok(median(waits) < AT_ONCE, `median of ${waits.map(Math.round)}`)
      }))
  }

  test('leaves nothing behind after a rollback, and wakes nobody', () =>
    withBank(async ({ transaction, asleep, schema, hear }) => {
      const begun = hear('job:start')
      await asleep()
      await transaction(async (tx) => {
        await ClockJob.enqueue({}, { tx })
        await EramEngine.enqueueAll([ClockJob.new({}), ClockJob.new({})], { tx })
      }, 'ROLLBACK')
      assert.deepEqual(await schema.rows('SELECT id FROM eram_jobs'), [])
      await asleep()
      assert.deepEqual(begun, [])
    }))

  test('goes with its savepoint', () =>
    withBank(async ({ transaction, reaches, schema }) => {
      let kept = 0
      await transaction(async (tx) => {
        await tx.query('SAVEPOINT inner_one')
        await ClockJob.enqueue({}, { tx })
        await tx.query('ROLLBACK TO SAVEPOINT inner_one')
        kept = Number((await ClockJob.enqueue({}, { tx })).id)
      })
      await reaches(kept, 'completed')
      assert.deepEqual(
        (await schema.rows('SELECT id::int FROM eram_jobs')).map(({ id }) => id),
        [kept],
      )
    }))

  test('is not mixed up with that of a transaction beside it', () =>
    withBank(async ({ transaction, schema, reaches }) => {
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
        await reaches(ids.third, 'completed')
      })
      await reaches(ids.first, 'completed')
      assert.deepEqual(
        (await schema.rows('SELECT id::int FROM eram_jobs ORDER BY id')).map(({ id }) => id),
        [ids.first, ids.third],
      )
    }))
})

describe('plain SQL', () => {
  test('enqueues and wakes', () =>
    withBank(async ({ schema, asleep, reaches }) => {
      await reaches(Number((await ClockJob.enqueue({})).id), 'completed')
      await asleep()
      const { id, queue, state, conflict } = await schema.row(`SELECT * FROM eram_enqueue_job('{"worker": "ClockJob", "queue": "clock"}')`)
      assert.deepEqual([queue, state, conflict], ['clock', 'available', false])
      await reaches(Number(id), 'completed', { timeout: 2000 })
    }))

  test('enqueues from a trigger, in the transaction that fired it', () =>
    withBank(async ({ schema, asleep, reaches, transaction }) => {
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
      await reaches(Number((await ClockJob.enqueue({})).id), 'completed')
      await asleep()
      await transaction((tx) => tx.query('INSERT INTO orders VALUES (1)'), 'ROLLBACK')
      await transaction((tx) => tx.query('INSERT INTO orders VALUES (2), (3)'))
      const jobs = await schema.rows(`SELECT id::int, args FROM eram_jobs WHERE args ? 'order' ORDER BY id`)
      assert.deepEqual(
        jobs.map(({ args }) => args.order),
        [2, 3],
      )
      for (const { id } of jobs) await reaches(id, 'completed', { timeout: 2000 })
    }))

  test('is told what is wrong with a job', () =>
    withBank(async ({ schema }) => {
      for (const [draft, message] of /** @type {[object, RegExp][]} */ ([
        [{}, /jobs\[0\]\.worker: expected a name of 1 to 127 characters, got null/],
        [{ worker: 'X', priority: 12 }, /jobs\[0\]\.priority: expected an integer from 0 to 9, got 12/],
        [{ worker: 'X', prio: 1 }, /jobs\[0\]\.unknown key prio/],
        [{ worker: 'X', schedule_in: -1 }, /jobs\[0\]\.schedule_in: expected seconds of 0 or more, got -1/],
        [{ worker: 'X', state: 'completed' }, /jobs\[0\]\.state: expected available, scheduled or suspended, got "completed"/],
        [{ worker: 'X', args: 'text' }, /jobs\[0\]\.args: expected an object, got "text"/],
      ])) {
        await assert.rejects(schema.rows('SELECT FROM eram_enqueue_job($1)', [JSON.stringify(draft)]), { message })
      }
      assert.deepEqual(await schema.rows('SELECT id FROM eram_jobs'), [])
    }))
})
