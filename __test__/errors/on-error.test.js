// onError: which errors it is given, where, and how often.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { FailingMainJob, FailingProcessJob, FailingThreadJob } from '../support/fixtures/errors/jobs.js'
import { journal } from '../support/fixtures/setup/journal.js'

const SETUP = new URL('../support/fixtures/errors/setup.js', import.meta.url)
const QUEUES = { failing: { limit: 5, threads: 1 } }

/** @type {any} */
const ISOLATIONS = { main: FailingMainJob, thread: FailingThreadJob, process: FailingProcessJob }

/** @param {any} options @param {Parameters<typeof withEngine>[1]} run */
const withFailing = (options, run) => withEngine({ queues: QUEUES, setup: SETUP, abort_grace: 200, ...options }, run)

/** A job that succeeds after all else, so that nothing more is to come. @param {import('../support/fixtures/engine.js').Harness} harness @param {any} JobClass */
const settled = ({ runToCompletion }, JobClass) => runToCompletion(JobClass, { how: 'nothing' })

describe('a failed attempt', () => {
  for (const [isolate, JobClass] of Object.entries(ISOLATIONS)) {
    // The main thread serves all queues.
    const queue = isolate === 'main' ? '' : 'failing'
    test(`in isolation "${isolate}" is reported there once, with the very value that was thrown`, async (t) => {
      const lines = journal(t)
      await withFailing({}, async (harness) => {
        for (const how of ['error', 'undefined', 'text']) await harness.runToCompletion(JobClass, { how }, { max_attempts: 1 })
        await harness.runToCompletion(JobClass, { how: 'error' })
        await harness.runToCompletion(JobClass, { how: 'timeout' }, { timeout: 50, max_attempts: 1 })
        await settled(harness, JobClass)
      })
      const line = (/** @type {string} */ kind, /** @type {boolean} */ final) =>
        `${isolate} ${queue} perform ${kind} ${JobClass.name} 1 ${final} the same`
      assert.deepEqual(lines(), [...Array(3).fill(line('error', true)), line('error', false), line('timeout', true)])
    })
  }

  test('that the job has chosen is reported with its cause only', async (t) => {
    const lines = journal(t)
    await withFailing({}, async (harness) => {
      for (const how of ['cancels', 'snoozes', 'discards', 'retries']) await harness.runToCompletion(FailingThreadJob, { how })
      assert.deepEqual(lines(), [])
      for (const how of ['discards, with a cause', 'retries, with a cause']) await harness.runToCompletion(FailingThreadJob, { how })
    })
    assert.deepEqual(lines(), [
      'thread failing perform discarded FailingThreadJob 1 true the same',
      'thread failing perform error FailingThreadJob 1 false the same',
    ])
  })
})

describe('an attempt that does not come to perform is reported', () => {
  test('when its instance cannot be made, with the very error', async (t) => {
    journal(t)
    const failure = new TypeError('no container')
    /** @type {unknown[]} */
    const calls = []
    const create = () => {
      throw failure
    }
    const onError = (/** @type {unknown} */ error, /** @type {any} */ { phase, kind }) => calls.push([phase, kind, error])
    await withFailing({ create, onError, setup: undefined }, async ({ runToCompletion }) => {
      await runToCompletion(FailingMainJob, {}, { max_attempts: 1 })
    })
    assert.deepEqual(calls, [['resolve', 'load', failure]])
  })
})

describe('what no isolate can report is reported on the main thread, once', () => {
  for (const [what, how, options, kind] of /** @type {const} */ ([
    ['a thread that exits', 'exits', {}, 'crash'],
    ['a job that ignores its timeout', 'ignores', { timeout: 50 }, 'timeout'],
    ['a job that blocks its thread', 'blocks', { timeout: 50 }, 'timeout'],
  ])) {
    test(what, async (t) => {
      const lines = journal(t)
      await withFailing({}, async (harness) => {
        await harness.runToCompletion(FailingThreadJob, { how }, { ...options, max_attempts: 1 })
        await until(() => assert.ok(lines().some((line) => line.includes(' perform '))))
      })
      const reports = lines().filter((line) => line.includes(' perform '))
      assert.deepEqual(reports, [`main failing perform ${kind} FailingThreadJob 1 true synthetic`])
      const exits = lines().filter((line) => line.includes(' thread '))
      if (how === 'exits') assert.deepEqual(exits, ['main failing thread crash   false synthetic'])
    })
  }

  test('a process that is killed', async (t) => {
    const lines = journal(t)
    await withFailing({}, async (harness) => {
      await harness.runToCompletion(FailingProcessJob, { how: 'exits' }, { max_attempts: 1 })
      await until(() => assert.ok(lines().some((line) => line.includes(' perform '))))
    })
    const reports = lines().filter((line) => line.includes(' perform '))
    assert.deepEqual(reports, ['main failing perform crash FailingProcessJob 1 true synthetic'])
  })

  test('a job of a node that was lost', async (t) => {
    const lines = journal(t)
    await withFailing({ lifeline: { interval: 1000 } }, async ({ schema, engine, runToCompletion }) => {
      const { id } = await runToCompletion(FailingMainJob, { how: 'nothing' }, { queue: 'failing' })
      await engine.pause('failing')
      // As a node leaves it that has been dead for a minute.
      const gone = '00000000-0000-4000-8000-000000000000'
      await schema.rows(
        `UPDATE eram_jobs SET state = 'executing', attempt = 1, attempted_at = now() - interval '1 minute', attempted_by = ARRAY['gone', $2]
        WHERE id = $1`,
        [id, gone],
      )
      await schema.rows(`INSERT INTO eram_lost_producers (uuid, node, oldest_at) VALUES ($1, 'gone', now() - interval '2 minutes')`, [gone])
      await until(() => assert.equal(lines().length, 1))
      assert.equal((await schema.row('SELECT state FROM eram_jobs')).state, 'available')
      await engine.stop()
    })
    assert.deepEqual(lines(), ['main failing perform lost FailingMainJob 1 false synthetic'])
  })
})

describe('what goes wrong beside an attempt is reported', () => {
  test('in its phase, and the job completes', async (t) => {
    const lines = journal(t)
    await withFailing({}, async (harness) => {
      for (const how of ['hook', 'result']) assert.equal((await harness.runToCompletion(FailingThreadJob, { how })).state, 'completed')
      await settled(harness, FailingThreadJob)
    })
    assert.deepEqual(lines(), [
      'thread failing hook error FailingThreadJob 1 false the same',
      'thread failing result error FailingThreadJob 1 false Error: result: expected a value that JSON can hold, got a function',
    ])
  })

  test('a listener that throws, to the option of the engine, with the very error', async (t) => {
    journal(t)
    /** @type {[unknown, import('../../index.js').ErrorContext][]} */
    const calls = []
    const onError = (/** @type {unknown} */ error, /** @type {any} */ about) => calls.push([error, about])
    const failure = new Error('from a listener')
    await withFailing({ onError }, async ({ engine, runToCompletion }) => {
      engine.on('job:stop', () => {
        throw failure
      })
      await runToCompletion(FailingMainJob, { how: 'nothing' })
      await until(() => assert.equal(calls.length, 1))
    })
    assert.equal(calls[0]?.[0], failure)
    assert.deepEqual(calls[0]?.[1], {
      ...{ phase: 'listener', kind: 'error', job: undefined, attempt: undefined, final: false, delay: null },
      ...{ engine: 'default', node: calls[0]?.[1].node, queue: null, isolate: 'main' },
    })
  })

  test('a plugin that throws, with the very error', async (t) => {
    journal(t)
    const failure = new Error('from a plugin')
    /** @type {unknown[]} */
    const calls = []
    class Broken {
      static on = 'node'
      static interval = 1000
      tick() {
        throw failure
      }
    }
    const onError = (/** @type {unknown} */ error, /** @type {any} */ { phase }) => calls.push([phase, error])
    await withFailing({ onError, plugins: [Broken], logger: false }, async () => {
      await until(() => assert.ok(calls.length > 0))
    })
    assert.deepEqual(calls[0], ['plugin', failure])
  })
})

describe('onError', () => {
  test('that throws becomes listener:exception, and the job goes on', async (t) => {
    journal(t)
    await withFailing({}, async ({ runToCompletion, recordEvents }) => {
      const events = recordEvents('listener:exception')
      for (const JobClass of Object.values(ISOLATIONS)) {
        assert.equal((await runToCompletion(JobClass, { onError: 'throws' })).state, 'retryable')
      }
      await until(() => assert.equal(events.length, 3))
      assert.deepEqual(
        new Set(events.map(({ of, message }) => `${of}: ${message}`)),
        new Set(['onError: onError threw Error: no reporter']),
      )
    })
  })

  test('may enqueue', async (t) => {
    journal(t)
    await withFailing({}, async ({ runToCompletion, schema }) => {
      await runToCompletion(FailingThreadJob, { onError: 'enqueues' })
      await until(async () => assert.equal((await schema.rows(`SELECT FROM eram_jobs WHERE worker = 'ReportedJob'`)).length, 1))
    })
  })

  test('that hangs does not hold the job', async (t) => {
    journal(t)
    await withFailing({}, async ({ runToCompletion }) => {
      assert.equal((await runToCompletion(FailingMainJob, { onError: 'hangs' })).state, 'retryable')
    })
  })

  test('is awaited when the engine stops', async (t) => {
    journal(t)
    let ended = false
    const onError = async () => {
      await new Promise((resolve) => setTimeout(resolve, 100))
      ended = true
    }
    await withFailing({ onError, setup: undefined }, async ({ runToCompletion }) => {
      await runToCompletion(FailingMainJob, {})
    })
    assert.ok(ended)
  })

  test('has to be a function', async () => {
    const message = 'onError: expected a function (error, about) => …, got 5'
    await assert.rejects(EramEngine.start(/** @type {any} */ ({ onError: 5 })), { code: 'ERAM_CONFIG', message })
  })
})
