// What attempts leave behind: their history, the lines that they log, and the progress that they report.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramJob } from '../../index.js'
import { until } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ProcessJob, ThreadJob } from '../support/fixtures/jobs.js'

class ChattyJob extends EramJob {
  static {
    ChattyJob.register({ queue: 'main', store_logs: true })
  }

  /** @param {{ lines: number, length: number }} args @param {import('../../index.js').JobContext} ctx */
  async perform({ lines, length }, ctx) {
    for (let i = 0; i < lines; i++) ctx.log.info(`${i} ${'x'.repeat(length)}`)
  }
}

const FAIL = { action: 'throw', message: 'no' }
const LOGGED = { action: 'log', words: ['a %s', 'line'] }

/** @param {any[] | null} attempts @returns {string[]} */
const statusesOf = (attempts) => attempts?.map(({ status }) => status) ?? []

describe('the history of a job', () => {
  test('has every attempt, beyond the newest twenty errors', () =>
    withEngine({}, async ({ engine, waitForState }) => {
      const id = await enqueue(ThreadJob, FAIL, { max_attempts: 25, backoff: 'none' })
      const { errors } = await waitForState(id, 'discarded')
      const attempts = await engine.jobs.attempts(id)
      assert.equal(errors.length, 20)
      assert.deepEqual(statusesOf(attempts), [...Array(24).fill('failure'), 'discard'])
      assert.deepEqual(
        attempts.map((/** @type {any} */ { attempt }) => attempt),
        Array.from({ length: 25 }, (_, i) => i + 1),
      )
      for (const { started_at, ended_at, isolate, attempted_by, error } of attempts) {
        assert.ok(started_at <= ended_at)
        assert.match(isolate, /^thread \d+$/)
        assert.equal(attempted_by[0], engine.node)
        assert.equal(error.message, 'no')
      }
    }))

  test('has snoozes, and the end that needs no row', () =>
    withEngine({}, async ({ engine, schema, waitForState }) => {
      const id = await enqueue(ThreadJob, { action: 'snoozes', times: 2 }, { max_attempts: 1 })
      await waitForState(id, 'discarded')
      assert.deepEqual(statusesOf(await engine.jobs.attempts(id)), ['snoozed', 'snoozed', 'discard'])
      const plain = await enqueue(ThreadJob, { action: 'return' })
      await waitForState(plain, 'completed')
      assert.deepEqual(statusesOf(await engine.jobs.attempts(plain)), ['success'])
      assert.deepEqual(await schema.rows('SELECT FROM eram_attempts WHERE job_id = $1', [plain]), [])
      // A success that is run again is not forgotten.
      await engine.jobs.retry(plain)
      await until(async () => assert.deepEqual(statusesOf(await engine.jobs.attempts(plain)), ['success', 'success']))
    }))

  test('has the attempt that runs, and the release by the stop of its engine', () =>
    withEngine({}, async ({ engine, schema, waitForState }) => {
      const id = await enqueue(ThreadJob, { action: 'never' })
      await waitForState(id, 'executing')
      const [attempt] = (await engine.jobs.attempts(id)) ?? []
      assert.deepEqual([attempt?.status, attempt?.ended_at], ['executing', null])
      await engine.stop({ grace: 0 })
      assert.deepEqual(await schema.rows('SELECT status, attempt FROM eram_attempts'), [{ status: 'released', attempt: 1 }])
    }))

  test('is null for a job that does not exist, and is refused an id that is not one', () =>
    withEngine({}, async ({ engine }) => {
      assert.equal(await engine.jobs.attempts(1), null)
      await assert.rejects(engine.jobs.attempts(-1), { code: 'ERAM_CONFIG', message: /jobs\.attempts: expected the id of a job, got -1/ })
    }))
})

describe('the lines of ctx.log', () => {
  for (const type of [ThreadJob, ProcessJob]) {
    test(`of a ${type.name} are stored if its queue says so`, () =>
      withEngine(
        { queues: { thread: { store_logs: true }, process: { store_logs: true } } },
        async ({ engine, schema, runToCompletion }) => {
          const { id, state } = await runToCompletion(type, LOGGED)
          assert.equal(state, 'completed')
          const [attempt] = await engine.jobs.attempts(id)
          assert.deepEqual([attempt.status, attempt.logs.length], ['success', 1])
          const [{ at, ...line }] = attempt.logs
          assert.deepEqual(line, { level: 'warn', message: 'a line' })
          assert.equal(new Date(at).toISOString(), at)
          const silent = await runToCompletion(type, { action: 'return' })
          assert.deepEqual(await schema.rows('SELECT FROM eram_attempts WHERE job_id = $1', [silent.id]), [])
        },
      ))
  }

  test('are stored as the class says, whatever its queue says; the newest within 64 KiB, each up to 4 KiB', () =>
    withEngine({ queues: { main: { store_logs: false } } }, async ({ engine, runToCompletion }) => {
      const { id } = await runToCompletion(ChattyJob, { lines: 30, length: 5000 })
      const [{ logs }] = await engine.jobs.attempts(id)
      assert.match(logs[0].message, /^\d+ earlier lines were dropped$/)
      const dropped = Number.parseInt(logs[0].message, 10)
      assert.equal(logs.length - 1 + dropped, 30)
      assert.match(logs.at(-1).message, /^29 x+…$/)
      assert.ok(Buffer.byteLength(JSON.stringify(logs.slice(1))) < 2 ** 16 + logs.length * 4)
    }))

  test('are not stored otherwise', () =>
    withEngine({}, async ({ schema, runToCompletion }) => {
      await runToCompletion(ThreadJob, LOGGED)
      assert.deepEqual(await schema.rows('SELECT FROM eram_attempts'), [])
    }))
})

describe('progress', () => {
  for (const type of [ThreadJob, ProcessJob]) {
    test(`of a ${type.name} is seen by find, by list and as an event, and goes with the job`, () =>
      withEngine({}, async ({ engine, schema, recordEvents, waitForState }) => {
        const events = recordEvents('job:progress')
        const id = await enqueue(type, { action: 'progress', reports: [[0.25, 'reading'], [0.5], [0.75, 'writing']] })
        // The first at once; of the others only the newest.
        const { progress } = await until(async () => {
          const job = await engine.jobs.find(id)
          assert.equal(job?.progress?.value, 0.75)
          return /** @type {any} */ (job)
        })
        assert.deepEqual([progress.message, progress.attempt], ['writing', 1])
        assert.ok(progress.reported_at instanceof Date)
        assert.deepEqual((await engine.jobs.list())[0].progress, progress)
        assert.deepEqual(
          events.map(({ job, value, message }) => [job.id, value, message]),
          [
            [id, 0.25, 'reading'],
            [id, 0.75, 'writing'],
          ],
        )
        await engine.jobs.cancel(id)
        await waitForState(id, 'cancelled')
        await engine.jobs.delete(id)
        assert.deepEqual(await schema.rows('SELECT FROM eram_progress'), [])
      }))
  }

  test('outside 0 to 1, or with a message that is not a text, is refused', () =>
    withEngine({}, async ({ runToCompletion }) => {
      for (const [report, message] of /** @type {[unknown[], string][]} */ ([
        [[1.5], 'ctx.progress: expected a number from 0 to 1, got 1.5'],
        [['half'], 'ctx.progress: expected a number from 0 to 1, got "half"'],
        [[0.5, 7], 'ctx.progress: message: expected a text, got 7'],
      ])) {
        const { errors } = await runToCompletion(ThreadJob, { action: 'progress', reports: [report] })
        assert.deepEqual([errors[0].code, errors[0].message], ['ERAM_JOB', message])
      }
    }))
})
