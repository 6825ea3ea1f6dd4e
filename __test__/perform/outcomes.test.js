// The outcome of a job for everything that it can return or throw.
import assert from 'node:assert/strict'
import { readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { BackoffJob, HookedJob, MainJob, ThreadJob } from '../support/fixtures/jobs.js'
import { until } from '../support/until.js'

/**
 * The next attempt is due `least` to `most` seconds after this one ended. That was after it began and before now, so neither
 * limit depends on the speed of the machine.
 *
 * @param {any} row
 * @param {number} least
 * @param {number} [most]
 */
function assertDelay(row, least, most = least) {
  assert.ok(row.scheduled_at - row.attempted_at >= least * 1000, `less than ${least} s after ${row.attempted_at}: ${row.scheduled_at}`)
  // A tenth for the clocks of the server and of this process, which need not be read in the same instant.
  assert.ok(row.scheduled_at - Date.now() <= most * 1000 + 100, `more than ${most} s from now: ${row.scheduled_at}`)
}

describe('a job chooses', () => {
  for (const by of ['ctx', 'return', 'throw']) {
    test(`its outcome: ${by}`, () =>
      withEngine({}, async ({ runToCompletion }) => {
        /** @param {string} how @param {unknown} value */
        const choose = (how, value) => runToCompletion(ThreadJob, { action: 'choose', by, how, value })

        const cancelled = await choose('cancel', 'no need')
        assert.equal(cancelled.state, 'cancelled')
        assert.equal(cancelled.errors[0].message, 'no need')

        const discarded = await choose('discard', 'hopeless')
        assert.equal(discarded.state, 'discarded')
        assert.equal(discarded.errors[0].message, 'hopeless')

        const snoozed = await choose('snooze', 90)
        assert.equal(snoozed.state, 'scheduled')
        assert.equal(snoozed.attempt, 0)
        assert.equal(snoozed.meta.snoozed, 1)
        assertDelay(snoozed, 90)

        const retried = await choose('retry', { after: 600, reason: 'not yet' })
        assert.equal(retried.state, 'retryable')
        assert.equal(retried.errors[0].message, 'not yet')
        assertDelay(retried, 600)
      }))
  }
})

describe('a result', () => {
  test('is stored as it is', () =>
    withEngine({}, async ({ runToCompletion }) => {
      for (const value of [{ a: [1, null, 'ü'] }, 'text', 0, false, []]) {
        assert.deepEqual((await runToCompletion(ThreadJob, { action: 'return', value })).result, value)
      }
    }))

  /** @type {[string, RegExp | null][]} */
  const cases = [
    ['undefined', null],
    ['null', null],
    ['cycle', /circular/],
    ['function', /a function/],
    ['bigint', /BigInt/],
    ['symbol', /a symbol/],
    ['large', /at most 65536 bytes/],
    ['toJSON', /no JSON today/],
  ]
  for (const [what, problem] of cases) {
    test(`that JSON cannot hold does not keep the job from completing: ${what}`, () =>
      withEngine({}, async ({ runToCompletion, recordEvents }) => {
        const warnings = recordEvents('job:warning')
        const row = await runToCompletion(ThreadJob, { action: 'result', what })
        assert.equal(row.state, 'completed')
        assert.equal(row.result, null)
        if (problem) {
          assert.match(row.meta.result_error, problem)
          await until(() => assert.equal(warnings[0]?.what, 'result'))
        } else {
          assert.equal(row.meta.result_error, undefined)
        }
      }))
  }

  test('with text that PostgreSQL refuses is stored with replacement characters', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'result', what: 'text' })
      assert.equal(row.state, 'completed')
      assert.equal(row.result, 'a\ufffdb\ufffdc')
    }))
})

describe('anything thrown', () => {
  /** @type {[string, Record<string, RegExp>][]} */
  const cases = [
    ['undefined', { message: /undefined/ }],
    ['null', { message: /null/ }],
    ['string', { message: /just text/ }],
    ['number', { message: /42/ }],
    ['frozen', { name: /^Error$/, message: /^frozen$/ }],
    ['getters', { name: /^Error$/, message: /./ }],
    ['aggregate', { name: /^AggregateError$/, message: /^all failed \(TypeError: first; Error: second\)$/ }],
    ['cycle', { message: /^round$/ }],
    ['large', { message: /^m{1000}/ }],
    ['text', { message: /^a\ufffdb\ufffdc$/ }],
    ['code', { code: /^ECONNREFUSED$/ }],
    ['cause', { message: /^outer$/, stack: /^ {4}at / }],
  ]
  for (const type of [ThreadJob, MainJob]) {
    test(`is a failure with a readable entry: ${type.name}`, () =>
      withEngine({}, async ({ runToCompletion }) => {
        for (const [what, expected] of cases) {
          const row = await runToCompletion(type, { action: 'thrown', what })
          assert.equal(row.state, 'retryable', what)
          const [entry] = row.errors
          for (const [key, pattern] of Object.entries(expected)) assert.match(String(entry[key]), pattern, what)
          assert.ok(JSON.stringify(entry).length <= 8192 + 200, `${what}: ${JSON.stringify(entry).length} bytes`)
        }
        const { errors } = await runToCompletion(type, { action: 'thrown', what: 'cause' })
        assert.deepEqual([errors[0].cause.name, errors[0].cause.message], ['TypeError', 'inner'])
      }))
  }

  test('discards the job at its last attempt', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'throw', message: 'once and for all' }, { max_attempts: 1 })
      assert.equal(row.state, 'discarded')
    }))
})

describe('backoff()', () => {
  test('decides when the job runs again', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(BackoffJob, { message: 'as reckoned' })
      assertDelay(row, 1000)
    }))

  for (const message of ['throw', 'nan']) {
    test(`that fails is replaced by the default: ${message}`, () =>
      withEngine({}, async ({ runToCompletion, recordEvents }) => {
        const warnings = recordEvents('job:warning')
        const row = await runToCompletion(BackoffJob, { message })
        assert.equal(row.state, 'retryable')
        // 15 s and 2 s to the power of the attempt, and up to a tenth more.
        assertDelay(row, 17, 17 * 1.1)
        await until(() => assert.equal(warnings[0]?.what, 'backoff'))
      }))
  }
})

describe('hooks', () => {
  /** @type {[string, object, string, [string, unknown][]][]} */
  const cases = [
    ['success', { action: 'return', value: 7 }, 'completed', [['afterSuccess', 7]]],
    [
      'failure',
      { action: 'throw', message: 'bad' },
      'discarded',
      [
        ['afterError', 'bad'],
        ['afterDiscard', 'bad'],
      ],
    ],
    ['discard', { action: 'choose', by: 'ctx', how: 'discard', value: 'why' }, 'discarded', [['afterDiscard', 'why']]],
    [
      'adopted process',
      { action: 'adopt', script: '' },
      'completed',
      [
        ['afterAsync', 0],
        ['afterSuccess', undefined],
      ],
    ],
  ]
  for (const [what, args, state, hooks] of cases) {
    test(`run after the outcome is known: ${what}`, () =>
      withEngine({}, async ({ runToCompletion, recordEvents }) => {
        const lines = recordEvents('job:log')
        assert.equal((await runToCompletion(HookedJob, args)).state, state)
        await until(() =>
          assert.deepEqual(
            lines.map(({ message }) => JSON.parse(message)[0]),
            hooks.map(([hook]) => hook),
          ),
        )
        for (const [i, [, subject]] of hooks.entries()) {
          if (subject !== undefined) assert.equal(JSON.parse(lines[i].message)[1], subject)
        }
      }))
  }

  test('that throw change nothing', () =>
    withEngine({}, async ({ runToCompletion, recordEvents }) => {
      const warnings = recordEvents('job:warning')
      assert.equal((await runToCompletion(HookedJob, { action: 'return', value: 1, hook: 'throw' })).state, 'completed')
      await until(() => assert.deepEqual([warnings[0]?.what, warnings[0]?.message], ['afterSuccess', 'Error: the hook failed']))
    }))

  test('that never end change nothing', () =>
    withEngine({}, async ({ runToCompletion, recordEvents }) => {
      const warnings = recordEvents('job:warning')
      assert.equal((await runToCompletion(HookedJob, { action: 'return', value: 1, hook: 'never' })).state, 'completed')
      await until(() => assert.match(warnings[0]?.message, /still running/))
    }))
})

describe('an aborted job', () => {
  test('gets the signal at its timeout, and fails', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'wait' }, { timeout: 200 })
      assert.equal(row.state, 'retryable')
      assert.equal(row.errors[0].kind, 'timeout')
    }))

  test('that completes after the abort is completed', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'untilAbort' }, { timeout: 200 })
      assert.deepEqual([row.state, row.result], ['completed', 'timeout'])
    }))

  for (const type of [ThreadJob, MainJob]) {
    test(`gets the signal when it is cancelled: ${type.name}`, () =>
      withEngine({}, async ({ engine, waitForState }) => {
        const id = await enqueue(type, { action: 'wait' })
        await waitForState(id, 'executing')
        await engine.jobs.cancel(id)
        await waitForState(id, 'cancelled')
      }))
  }
})

describe('an adopted process', () => {
  test('is the job until it ends', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'adopt', script: 'setTimeout(() => {}, 300)' })
      assert.equal(row.state, 'completed')
      assert.equal(row.result.exit_code, 0)
      assert.ok(row.completed_at - row.attempted_at >= 300)
    }))

  test('holds the job although perform returned something else', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'adopt', script: 'setTimeout(() => {}, 300)', returned: 'early' })
      assert.equal(row.result, 'early')
      assert.ok(row.completed_at - row.attempted_at >= 300)
    }))

  test('that fails fails the job', () =>
    withEngine({}, async ({ runToCompletion }) => {
      const row = await runToCompletion(ThreadJob, { action: 'adopt', script: 'process.exit(3)' })
      assert.equal(row.state, 'retryable')
      assert.match(row.errors[0].message, /expected exit code 0, got 3/)
    }))

  test('is ended with its children when the job is cancelled', () =>
    withEngine({ abort_grace: 500 }, async ({ engine, waitForState, recordEvents, runToCompletion }) => {
      const exits = recordEvents('thread:exit')
      const threadOfJobs = async () => (await runToCompletion(ThreadJob, { action: 'where' })).result.threadId
      const thread = await threadOfJobs()
      const file = path.join(os.tmpdir(), `eram-pids-${process.pid}`)
      // A child that ignores SIGTERM, and its parent.
      const grandchild = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000)`
      const script = `
        const child = require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}])
        require('node:fs').writeFileSync(${JSON.stringify(file)}, [process.pid, child.pid].join())
        setInterval(() => {}, 1000)`
      const id = await enqueue(ThreadJob, { action: 'adopt', script })
      const pids = await until(async () => {
        const text = await readFile(file, 'utf8')
        assert.match(text, /^\d+,\d+$/)
        return text.split(',').map(Number)
      })
      await engine.jobs.cancel(id)
      await waitForState(id, 'cancelled')
      await until(() => {
        for (const pid of pids) assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
      })
      await rm(file)
      // Only the processes ended, not the thread of their job.
      assert.equal(await threadOfJobs(), thread)
      assert.deepEqual(exits, [])
    }))
})
