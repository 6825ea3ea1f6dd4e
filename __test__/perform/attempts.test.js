// Each end of an attempt, and the state that it leads to.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClockJob } from '../crash/programs/clock.js'
import { until } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'
import { assertTimes } from './states.js'

const LAST = { max_attempts: 1 }
const SHORT = { timeout: 100 }
const SNOOZED = { state: 'scheduled', attempt: 0, meta: { snoozed: 1 }, isDueLater: true }

/** @param {string} how @param {unknown} value */
const choose = (how, value) => ({ action: 'choose', by: 'ctx', how, value })

/** The kinds of a row's errors. @param {any} row @returns {string[]} */
const kindsOf = ({ errors }) => errors.map((/** @type {any} */ { kind }) => kind)

describe('an attempt that', () => {
  /** @type {Record<string, { script: object, options?: object, state: string, attempt?: number, errors?: string[], meta?: object, isDueLater?: boolean }>} */
  const cases = {
    returns: { script: { action: 'return', value: 1 }, state: 'completed' },
    'throws, with attempts left': { script: { action: 'throw', message: 'no' }, state: 'retryable', errors: ['error'], isDueLater: true },
    'throws, as the last': { script: { action: 'throw', message: 'no' }, options: LAST, state: 'discarded', errors: ['error'] },
    'times out': { script: { action: 'wait' }, options: SHORT, state: 'retryable', errors: ['timeout'], isDueLater: true },
    'times out, as the last': { script: { action: 'wait' }, options: { ...SHORT, ...LAST }, state: 'discarded', errors: ['timeout'] },
    discards: { script: choose('discard', 'no use'), state: 'discarded', errors: ['discarded'] },
    cancels: { script: choose('cancel', 'no more'), state: 'cancelled', errors: ['cancelled'] },
    snoozes: { script: choose('snooze', 60), ...SNOOZED },
    'snoozes, as the last': { script: choose('snooze', 60), options: LAST, ...SNOOZED },
  }
  for (const [what, { script, options, state, attempt = 1, errors = [], meta = {}, isDueLater = false }] of Object.entries(cases)) {
    test(`${what} makes its job ${state}`, () =>
      withEngine({}, async ({ runToCompletion }) => {
        const row = await runToCompletion(ThreadJob, script, options)
        assert.deepEqual([row.state, row.attempt, kindsOf(row), row.meta], [state, attempt, errors, meta])
        assert.equal(row.scheduled_at > row.attempted_at, isDueLater)
        assert.equal(row.attempted_by.length, 2)
        assertTimes(row)
      }))
  }

  for (const [action, state, kinds, options] of /** @type {[string, string, string[], object][]} */ ([
    ['untilAbort', 'completed', [], { grace: 15_000, abort_grace: 15_000 }],
    ['wait', 'cancelled', ['cancelled'], { grace: 15_000, abort_grace: 15_000 }],
    ['never', 'cancelled', ['cancelled'], { abort_grace: 500 }],
  ])) {
    test(`is cancelled from outside, and does "${action}", makes its job ${state}`, () =>
      withEngine(options, async ({ engine, recordEvents, waitForState }) => {
        const begun = recordEvents('job:start')
        const id = await enqueue(ThreadJob, { action })
        await until(() => assert.equal(begun.length, 1))
        await engine.jobs.cancel(id)
        const row = await waitForState(id, state)
        assert.deepEqual([row.attempt, kindsOf(row)], [1, kinds])
        assertTimes(row)
      }))
  }

  test('is interrupted by the stop of its engine makes its job available, with the attempt not counted', () =>
    withEngine({}, async ({ engine, recordEvents, job }) => {
      const begun = recordEvents('job:start')
      const id = await enqueue(ThreadJob, { action: 'never' })
      await until(() => assert.equal(begun.length, 1))
      await engine.stop({ grace: 0 })
      const row = await job(id)
      assert.deepEqual([row.state, row.attempt, row.errors, row.meta], ['available', 0, [], { interrupted: 1 }])
      assertTimes(row)
    }))

  test('follows a retry of a finished job has one more attempt', () =>
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

test('a job that is cancelled at the moment of its completion ends once, in one of the two states', (t) =>
  withEngine({ queues: { clock: 20 } }, async ({ engine, schema, recordEvents, runToCompletion }) => {
    const stops = recordEvents('job:stop')
    const { id: first } = await runToCompletion(ClockJob, {})
    const ids = [Number(first)]
    await Promise.all(
      Array.from({ length: 20 }, async (_, lane) => {
        for (let i = 0; i < 50; i++) {
          // Every other one reacts to its signal at once.
          const id = Number((await ClockJob.enqueue({ ms: 4, abortable: i % 2 === 0 })).id)
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
    const id = await enqueue(ThreadJob, { action: 'return' }, { state: 'suspended', schedule_in: 0 })
    await runToCompletion(ThreadJob, { action: 'return' }, { schedule_in: 0 })
    await engine.drain('thread', { with_scheduled: true })
    assert.deepEqual([(await job(id)).state, (await job(id)).attempt], ['suspended', 0])
  }))
