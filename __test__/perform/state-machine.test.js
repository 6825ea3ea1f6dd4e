// Every way from one state to another, and that there is no other: what each event of a job's life makes of each state.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { ClockJob } from '../crash/programs/clock.js'
import { until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {import('../../index.js').JobState} State */

const STATES = /** @type {State[]} */ ([
  'suspended',
  'scheduled',
  'available',
  'executing',
  'retryable',
  'completed',
  'discarded',
  'cancelled',
])
const FINAL = { completed: 'completed_at', discarded: 'discarded_at', cancelled: 'cancelled_at' }

/**
 * A row in each state, as a job of that state is: due long ago, in a queue that nobody serves.
 *
 * @param {Schema} schema
 * @returns {Promise<Record<State, number>>}
 */
async function aJobInEachState({ rows }) {
  const states = await rows(
    `INSERT INTO eram_jobs (worker, queue, state, attempt, max_attempts, scheduled_at, attempted_at, attempted_by, completed_at, discarded_at, cancelled_at)
     SELECT 'Nobody', 'unserved', s, 1, 1, now() - interval '1 day', now() - interval '1 minute', '{elsewhere,nowhere}',
       CASE s WHEN 'completed' THEN now() END, CASE s WHEN 'discarded' THEN now() END, CASE s WHEN 'cancelled' THEN now() END
     FROM unnest($1::eram_job_state[]) AS s RETURNING id::int, state`,
    [STATES],
  )
  return /** @type {any} */ (Object.fromEntries(states.map(({ id, state }) => [state, id])))
}

/** @param {Schema} schema @param {Record<State, number>} ids */
async function now({ rows }, ids) {
  const found = await rows('SELECT * FROM eram_jobs WHERE id = ANY ($1)', [Object.values(ids)])
  /** @param {State} state */
  const rowOf = (state) => found.find(({ id }) => Number(id) === ids[state])
  return {
    /** @type {Record<State, any>} */
    rows: /** @type {any} */ (Object.fromEntries(STATES.map((state) => [state, rowOf(state)]))),
    /** @type {Record<State, string>} */
    states: /** @type {any} */ (Object.fromEntries(STATES.map((state) => [state, rowOf(state)?.state ?? 'gone']))),
  }
}

/** A job has the time of the final state that it is in, and of no other. @param {any} row */
function assertTimes(row) {
  for (const [state, column] of Object.entries(FINAL)) {
    assert.equal(row[column] !== null, row.state === state, `${row.state} with ${column} ${row[column]}`)
  }
}

describe('from each state', () => {
  // What is left out stays as it is.
  /** @type {[string, (engine: EramEngine, ids: number[]) => Promise<any>, Partial<Record<State, string>>, ((row: any, before: State) => void)?][]} */
  const acts = [
    [
      'cancel',
      (engine, ids) => engine.jobs.cancel(ids, { reason: 'enough' }),
      { suspended: 'cancelled', scheduled: 'cancelled', available: 'cancelled', retryable: 'cancelled' },
      (row, before) => {
        // One that runs is cancelled when it has ended.
        assert.equal(row.cancel_requested_at !== null, before === 'executing')
        const cancelled = row.state === 'cancelled' && before !== 'cancelled'
        assert.deepEqual(
          row.errors.map((/** @type {any} */ { kind, message }) => [kind, message]),
          cancelled ? [['cancelled', 'enough']] : [],
        )
      },
    ],
    [
      'retry',
      (engine, ids) => engine.jobs.retry(ids),
      {
        suspended: 'available',
        scheduled: 'available',
        retryable: 'available',
        completed: 'available',
        discarded: 'available',
        cancelled: 'available',
      },
      (row, before) => {
        const touched = before !== 'available' && before !== 'executing'
        assert.deepEqual([row.attempt, row.max_attempts], [1, touched ? 2 : 1])
        assert.equal(row.scheduled_at > new Date(Date.now() - 3_600_000), touched)
      },
    ],
    [
      'delete',
      (engine, ids) => engine.jobs.delete(ids),
      {
        suspended: 'gone',
        scheduled: 'gone',
        available: 'gone',
        retryable: 'gone',
        completed: 'gone',
        discarded: 'gone',
        cancelled: 'gone',
      },
    ],
    [
      'update with a time to come',
      (engine, ids) => engine.jobs.update(ids, { schedule_in: 60 }),
      { suspended: 'scheduled', available: 'scheduled' },
      (row, before) => assert.equal(row.scheduled_at > new Date(), ['suspended', 'scheduled', 'available', 'retryable'].includes(before)),
    ],
    [
      'update to suspended',
      (engine, ids) => engine.jobs.update(ids, { state: 'suspended' }),
      { scheduled: 'suspended', available: 'suspended', retryable: 'suspended' },
    ],
    [
      'update to available',
      (engine, ids) => engine.jobs.update(ids, { state: 'available' }),
      { suspended: 'available', scheduled: 'available', retryable: 'available' },
    ],
    [
      'update of what is no matter of states',
      (engine, ids) => engine.jobs.update(ids, { priority: 9 }),
      {},
      (row, before) => assert.equal(row.priority === 9, ['suspended', 'scheduled', 'available', 'retryable'].includes(before)),
    ],
  ]
  for (const [name, act, changes, check] of acts) {
    test(name, () =>
      withSchema(async (schema) => {
        const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix })
        try {
          const ids = await aJobInEachState(schema)
          const touched = await act(engine, Object.values(ids))
          const { states, rows } = await now(schema, ids)
          assert.deepEqual(states, { ...Object.fromEntries(STATES.map((state) => [state, state])), ...changes })
          for (const state of STATES) {
            if (!rows[state]) continue
            assertTimes(rows[state])
            check?.(rows[state], state)
          }
          // The answer says what was done.
          for (const { id, previous, state } of touched) {
            assert.equal(ids[/** @type {State} */ (previous)], id)
            assert.equal(states[/** @type {State} */ (previous)], state === 'deleted' ? 'gone' : state)
          }
          for (const state of /** @type {State[]} */ (Object.keys(changes))) {
            assert.ok(touched.some((/** @type {any} */ { previous }) => previous === state))
          }
        } finally {
          await engine.stop()
        }
      }),
    )
  }

  test('the stager makes due jobs available', () =>
    withSchema(async (schema) => {
      const ids = await aJobInEachState(schema)
      const before = await now(schema, ids)
      // These jobs have no attempt left; the lifeline would discard those that are available.
      const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: { other: 1 }, lifeline: false })
      try {
        await until(async () => {
          const { states } = await now(schema, ids)
          assert.deepEqual(states, {
            ...Object.fromEntries(STATES.map((state) => [state, state])),
            scheduled: 'available',
            retryable: 'available',
          })
        })
        const { rows } = await now(schema, ids)
        // The old due time still orders the queue.
        for (const state of STATES) assert.deepEqual(rows[state].scheduled_at, before.rows[state].scheduled_at)
      } finally {
        await engine.stop()
      }
    }))
})

test('a new job is available, unless it has a due time or is to be suspended', () =>
  withSchema(async ({ url, prefix, row }) => {
    const engine = await EramEngine.start({ url, prefix })
    /** @type {[object, string][]} */
    const table = [
      [{}, 'available'],
      [{ schedule_in: 60 }, 'scheduled'],
      [{ scheduled_at: new Date(Date.now() + 60_000) }, 'scheduled'],
      [{ scheduled_at: new Date(0) }, 'scheduled'],
      [{ schedule_in: 0 }, 'scheduled'],
      [{ state: 'suspended' }, 'suspended'],
      [{ state: 'suspended', schedule_in: 60 }, 'suspended'],
    ]
    try {
      for (const [options, state] of table) {
        const job = await engine.enqueue(ThreadJob, { action: 'return' }, options)
        assert.equal(job.state, state)
        const found = await row('SELECT * FROM eram_jobs WHERE id = $1', [job.id])
        assert.deepEqual([found.state, found.attempt, found.attempted_at, found.attempted_by, found.errors], [state, 0, null, null, []])
        assertTimes(found)
      }
    } finally {
      await engine.stop()
    }
  }))

describe('an attempt that', () => {
  /** @type {[string, object, object, { state: string, attempt?: number, errors?: string[], meta?: object, later?: boolean }][]} */
  const table = [
    ['returns', { action: 'return', value: 1 }, {}, { state: 'completed' }],
    ['throws, with attempts left', { action: 'throw', message: 'no' }, {}, { state: 'retryable', errors: ['error'], later: true }],
    ['throws at its last', { action: 'throw', message: 'no' }, { max_attempts: 1 }, { state: 'discarded', errors: ['error'] }],
    ['takes too long', { action: 'wait' }, { timeout: 100 }, { state: 'retryable', errors: ['timeout'], later: true }],
    ['takes too long at its last', { action: 'wait' }, { timeout: 100, max_attempts: 1 }, { state: 'discarded', errors: ['timeout'] }],
    ['discards', { action: 'choose', by: 'ctx', how: 'discard', value: 'no use' }, {}, { state: 'discarded', errors: ['discarded'] }],
    ['cancels', { action: 'choose', by: 'ctx', how: 'cancel', value: 'no more' }, {}, { state: 'cancelled', errors: ['cancelled'] }],
    [
      'snoozes',
      { action: 'choose', by: 'ctx', how: 'snooze', value: 60 },
      {},
      { state: 'scheduled', attempt: 0, meta: { snoozed: 1 }, later: true },
    ],
    [
      'snoozes at its last',
      { action: 'choose', by: 'ctx', how: 'snooze', value: 60 },
      { max_attempts: 1 },
      { state: 'scheduled', attempt: 0, meta: { snoozed: 1 }, later: true },
    ],
  ]
  for (const [what, args, options, { state, attempt = 1, errors = [], meta = {}, later = false }] of table) {
    test(`${what} makes its job ${state}`, () =>
      withEngine({}, async ({ runToCompletion }) => {
        const row = await runToCompletion(ThreadJob, args, options)
        const kinds = row.errors.map((/** @type {any} */ { kind }) => kind)
        assert.deepEqual([row.state, row.attempt, kinds, row.meta], [state, attempt, errors, meta])
        assert.equal(row.scheduled_at > row.attempted_at, later)
        assert.equal(row.attempted_by.length, 2)
        assertTimes(row)
      }))
  }

  test('is cancelled from outside makes its job cancelled, unless it is done all the same', () =>
    withEngine({ abort_grace: 500 }, async ({ engine, runToCompletion, waitForState }) => {
      // The thread is there, and has its file.
      await runToCompletion(ThreadJob, { action: 'return' })
      for (const [action, state, kinds] of /** @type {[string, string, string[]][]} */ ([
        ['obey', 'completed', []],
        ['wait', 'cancelled', ['cancelled']],
        ['never', 'cancelled', ['cancelled']],
      ])) {
        const id = Number((await ThreadJob.enqueue({ action })).id)
        await waitForState(id, 'executing')
        await engine.jobs.cancel(id)
        const row = await waitForState(id, state)
        assert.deepEqual([row.attempt, row.errors.map((/** @type {any} */ { kind }) => kind)], [1, kinds])
        assertTimes(row)
      }
    }))

  test('is cut short by the end of its engine makes its job available, as if it had not been', () =>
    withEngine({}, async ({ engine, recordEvents, job }) => {
      const begun = recordEvents('job:start')
      const id = Number((await ThreadJob.enqueue({ action: 'never' })).id)
      await until(() => assert.equal(begun.length, 1))
      await engine.stop({ grace: 0 })
      const row = await job(id)
      assert.deepEqual([row.state, row.attempt, row.errors, row.meta], ['available', 0, [], { interrupted: 1 }])
      assertTimes(row)
    }))

  test('follows a retry of a finished job has one attempt more', () =>
    withEngine({}, async ({ engine, runToCompletion, job }) => {
      const { id, max_attempts } = await runToCompletion(ThreadJob, { action: 'throw', message: 'no' }, { max_attempts: 1 })
      assert.equal(max_attempts, 1)
      await engine.jobs.retry(id)
      const row = await until(async () => {
        const found = await job(id)
        assert.deepEqual([found.state, found.attempt], ['discarded', 2])
        return found
      })
      assert.deepEqual([row.max_attempts, row.errors.length], [2, 2])
      assertTimes(row)
    }))
})

test('a job that is cancelled in the moment of its completion ends once, as one or the other', (t) =>
  withEngine({ queues: { clock: 20 } }, async ({ engine, schema, recordEvents, runToCompletion }) => {
    await runToCompletion(ClockJob, {})
    const stops = recordEvents('job:stop')
    /** @type {number[]} */
    const ids = []
    await Promise.all(
      Array.from({ length: 20 }, async (_, lane) => {
        for (let i = 0; i < 50; i++) {
          // Every other one obeys, and so ends as soon as it is told to.
          const id = Number((await ClockJob.enqueue({ ms: 4, obey: i % 2 === 0 })).id)
          ids.push(id)
          await sleep((lane + i) % 12)
          await engine.jobs.cancel(id)
        }
      }),
    )
    await until(async () =>
      assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE state NOT IN ('completed', 'cancelled')`), []),
    )
    const rows = await schema.rows('SELECT * FROM eram_jobs WHERE id = ANY ($1)', [ids])
    for (const row of rows) assertTimes(row)
    for (const state of ['completed', 'cancelled']) t.diagnostic(`${rows.filter((row) => row.state === state).length} ${state}`)
    const begun = rows.filter(({ attempted_at }) => attempted_at !== null).map(({ id }) => Number(id))
    await until(() => assert.ok(stops.length >= begun.length))
    assert.deepEqual(
      stops.map(({ job }) => job.id).toSorted((a, b) => a - b),
      begun.toSorted((a, b) => a - b),
    )
  }))

test('suspended jobs are left alone', () =>
  withEngine({}, async ({ engine, job, runToCompletion }) => {
    const id = Number((await ThreadJob.enqueue({ action: 'return' }, { state: 'suspended', schedule_in: 0 })).id)
    await runToCompletion(ThreadJob, { action: 'return' }, { schedule_in: 0 })
    await engine.drain('thread', { with_scheduled: true })
    assert.deepEqual([(await job(id)).state, (await job(id)).attempt], ['suspended', 0])
  }))
