// A job hands over more than the heap of its thread can hold. The thread and the process go on, and so do the other jobs. Where V8
// cannot make room for what native code needs, it would end this very process.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { HANDED, LargeJob, REFUSED, RESULTS, THROWN } from '../support/fixtures/large.js'

const resource_limits = { max_old_generation_size_mb: 32 }
const queues = { large: { limit: 5, resource_limits } }

/**
 * Runs the test, and then a job of the same thread.
 * @param {(harness: import('../support/fixtures/engine.js').Harness) => Promise<void>} test
 * @param {object} [options]
 */
const withThread = (test, options) =>
  withEngine({ queues, logger: false, ...options }, async (harness) => {
    const exits = harness.recordEvents('thread:exit')
    await test(harness)
    assert.equal((await harness.runToCompletion(LargeJob, { bytes: 3 })).result, 'yyy')
    assert.deepEqual(exits, [])
  })

describe('in a thread with a heap of 32 MB', () => {
  for (const result of Object.keys(RESULTS)) {
    test(`a result that is too large is not stored: ${result}`, () =>
      withThread(async ({ runToCompletion, recordEvents }) => {
        const warnings = recordEvents('job:warning')
        const row = await runToCompletion(LargeJob, { result })
        assert.deepEqual([row.state, row.result], ['completed', null])
        const expected = result === 'deep' ? /^result: expected / : /^result: expected at most 65536 bytes \(max_result_bytes\), got more/
        assert.match(row.meta.result_error, expected)
        await until(() => assert.equal(warnings[0]?.message, row.meta.result_error))
      }))
  }

  for (const thrown of Object.keys(THROWN)) {
    test(`an error that is too large is cut: ${thrown}`, () =>
      withThread(async ({ runToCompletion, recordEvents }) => {
        const exceptions = recordEvents('job:exception')
        const row = await runToCompletion(LargeJob, { thrown })
        assert.equal(row.state, 'discarded')
        const [{ kind }] = row.errors
        assert.equal(kind, 'error')
        assert.ok(JSON.stringify(row.errors).length < 10_000)
        await until(() => assert.equal(exceptions.length, 1))
      }))
  }

  for (const reason of ['cancel', 'discard']) {
    test(`a reason that is too large is cut: ${reason}`, () =>
      withThread(async ({ runToCompletion }) => {
        const row = await runToCompletion(LargeJob, { reason })
        assert.equal(row.state, reason === 'cancel' ? 'cancelled' : 'discarded')
        assert.match(row.errors[0].message, /^\(300000000 characters, too many to read\)/)
      }))
  }

  for (const handed of Object.keys(HANDED)) {
    test(`what is reported of a job is cut: ${handed}`, () =>
      withThread(async ({ runToCompletion, recordEvents }) => {
        const [lines, reports] = [recordEvents('job:log'), recordEvents('job:progress')]
        const { state } = await runToCompletion(LargeJob, { handed })
        assert.equal(state, 'completed')
        await until(() => assert.equal(lines.length + reports.length, 1))
        for (const { message, fields } of [...lines, ...reports]) {
          assert.ok(message.length < 2 ** 21)
          if (fields) assert.ok(JSON.stringify(fields).length < 2 ** 23, `${JSON.stringify(fields).length}`)
        }
      }))
  }

  for (const refused of Object.keys(REFUSED)) {
    test(`what a job passes on is refused: ${refused}`, () =>
      withThread(async ({ runToCompletion, schema }) => {
        const { result } = await runToCompletion(LargeJob, { refused })
        assert.match(result.code, /^ERAM_(?:JOB|CONFIG)$/)
        assert.match(result.message, /expected /)
        assert.ok(result.message.length < 500)
        assert.equal((await schema.rows('SELECT FROM eram_jobs')).length, 1)
      }))
  }

  test('many results that fit each do not leave at once', () =>
    withThread(
      async ({ waitForState }) => {
        // In one turn of the event loop: ten of them are more than may be joined.
        const ids = await Promise.all(Array.from({ length: 40 }, () => enqueue(LargeJob, { bytes: 400_000 })))
        for (const id of ids) assert.equal((await waitForState(id, 'completed')).result.length, 400_000)
      },
      { queues: { large: { limit: 40, resource_limits } }, max_result_bytes: 500_000 },
    ))

  test('a result within max_result_bytes, for which the heap has no room, is not stored', () =>
    withThread(
      async ({ runToCompletion }) => {
        const row = await runToCompletion(LargeJob, { bytes: 100_000_000 })
        assert.equal(row.state, 'completed')
        assert.match(
          row.meta.result_error,
          /^result: expected at most \d+ characters, for which the heap has room, got more; raise resource_limits of its queue$/,
        )
        assert.equal((await runToCompletion(LargeJob, { bytes: 1_000_000 })).result.length, 1_000_000)
      },
      { max_result_bytes: 200_000_000 },
    ))

  test('an uncaught error that is too large ends the thread, and not the process', () =>
    withEngine({ queues, logger: false }, async ({ runToCompletion, recordEvents }) => {
      const exits = recordEvents('thread:exit')
      const row = await runToCompletion(LargeJob, { uncaught: true })
      assert.deepEqual([row.state, row.errors[0].kind], ['discarded', 'crash'])
      assert.equal((await runToCompletion(LargeJob, { bytes: 3 })).result, 'yyy')
      assert.deepEqual(
        exits.map(({ cause }) => cause),
        ['error'],
      )
    }))
})
