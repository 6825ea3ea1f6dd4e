// Every way from one state to another, and that there is no other: the effect of each operation on a job in each state.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { until, withSchema } from '../support/database.js'
import { ThreadJob } from '../support/fixtures/jobs.js'
import { assertTimes, STATES } from './states.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {import('./states.js').State} State */

const UNCHANGED = Object.fromEntries(STATES.map((state) => [state, state]))
const HOUR = 3_600_000

/**
 * Inserts a job in each state, due long ago, in a queue that no node serves.
 *
 * @param {Schema} schema
 * @returns {Promise<Record<State, number>>}
 */
async function aJobInEachState({ rows }) {
  const states = await rows(
    `INSERT INTO eram_jobs (worker, queue, state, attempt, max_attempts, scheduled_at, attempted_at, attempted_by, completed_at, discarded_at, cancelled_at)
     SELECT 'Unknown', 'unserved', s, 1, 1, now() - interval '1 day', now() - interval '1 minute', '{elsewhere,nowhere}',
       CASE s WHEN 'completed' THEN now() END, CASE s WHEN 'discarded' THEN now() END, CASE s WHEN 'cancelled' THEN now() END
     FROM unnest($1::eram_job_state[]) AS s RETURNING id::int, state`,
    [STATES],
  )
  return /** @type {any} */ (Object.fromEntries(states.map(({ id, state }) => [state, id])))
}

/** The same jobs now, by the state that they were inserted in. @param {Schema} schema @param {Record<State, number>} ids */
async function jobsNow({ rows }, ids) {
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

describe('from each state', () => {
  const toAvailable = { suspended: 'available', scheduled: 'available', retryable: 'available' }
  const finishedToAvailable = { completed: 'available', discarded: 'available', cancelled: 'available' }
  const gone = Object.fromEntries(STATES.filter((state) => state !== 'executing').map((state) => [state, 'gone']))
  const waiting = ['suspended', 'scheduled', 'available', 'retryable']

  /**
   * @type {Record<string, {
   *   run: (engine: EramEngine, ids: number[]) => Promise<any>,
   *   changes: Partial<Record<State, string>>,
   *   check?: (row: any, before: State) => void,
   * }>} `changes`: the new states; a state that is left out stays
   */
  const operations = {
    cancel: {
      run: (engine, ids) => engine.jobs.cancel(ids, { reason: 'enough' }),
      changes: Object.fromEntries(waiting.map((state) => [state, 'cancelled'])),
      check(row, before) {
        // A running job is cancelled when its attempt ends.
        assert.equal(row.cancel_requested_at !== null, before === 'executing')
        assert.deepEqual(
          row.errors.map((/** @type {any} */ { kind, message }) => [kind, message]),
          waiting.includes(before) ? [['cancelled', 'enough']] : [],
        )
      },
    },
    retry: {
      run: (engine, ids) => engine.jobs.retry(ids),
      changes: { ...toAvailable, ...finishedToAvailable },
      check(row, before) {
        const isRetried = before !== 'available' && before !== 'executing'
        assert.deepEqual([row.attempt, row.max_attempts], [1, isRetried ? 2 : 1])
        assert.equal(row.scheduled_at > new Date(Date.now() - HOUR), isRetried)
      },
    },
    delete: { run: (engine, ids) => engine.jobs.delete(ids), changes: gone },
    'update with a future time': {
      run: (engine, ids) => engine.jobs.update(ids, { schedule_in: 3600 }),
      changes: { suspended: 'scheduled', available: 'scheduled' },
      check: (row, before) => assert.equal(row.scheduled_at > new Date(), waiting.includes(before)),
    },
    'update to suspended': {
      run: (engine, ids) => engine.jobs.update(ids, { state: 'suspended' }),
      changes: { scheduled: 'suspended', available: 'suspended', retryable: 'suspended' },
    },
    'update to available': { run: (engine, ids) => engine.jobs.update(ids, { state: 'available' }), changes: toAvailable },
    'update of a member that has no part in the state': {
      run: (engine, ids) => engine.jobs.update(ids, { priority: 9 }),
      changes: {},
      check: (row, before) => assert.equal(row.priority === 9, waiting.includes(before)),
    },
  }
  for (const [name, { run, changes, check }] of Object.entries(operations)) {
    test(name, () =>
      withSchema(async (schema) => {
        const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix })
        try {
          const ids = await aJobInEachState(schema)
          const touched = await run(engine, Object.values(ids))
          const { states, rows } = await jobsNow(schema, ids)
          assert.deepEqual(states, { ...UNCHANGED, ...changes })
          for (const state of STATES) {
            if (!rows[state]) continue
            assertTimes(rows[state])
            check?.(rows[state], state)
          }
          // The answer lists what was done.
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
      const before = await jobsNow(schema, ids)
      // These jobs have no attempt left; the lifeline would discard those that are available.
      const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: { other: 1 }, lifeline: false })
      try {
        await until(async () => {
          const { states } = await jobsNow(schema, ids)
          assert.deepEqual(states, {
            ...UNCHANGED,
            scheduled: 'available',
            retryable: 'available',
          })
        })
        const { rows } = await jobsNow(schema, ids)
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
