// The option `create`: the application makes the instances that perform on the main thread.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine, EramJob, SnoozeJob } from '../../index.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { journal } from '../support/fixtures/setup/journal.js'
import { until } from '../support/until.js'

/** @import { CreateJob } from '../../index.js' */

const QUEUES = { created: 5 }

class GreetJob extends EramJob {
  static {
    this.register({ queue: 'created', max_attempts: 1 })
  }

  /** @param {{ greet: (name: string) => string }} greeter */
  constructor(greeter) {
    super()
    this.greeter = greeter
  }

  /** @param {{ name: string }} args */
  perform({ name }) {
    return this.greeter.greet(name)
  }
}

const greeter = { greet: (/** @type {string} */ name) => `Good day, ${name}` }

/** @param {CreateJob} create @param {Parameters<typeof withEngine>[1]} test */
const withCreate = (create, test) => withEngine({ queues: QUEUES, create, abort_grace: 500 }, test)

describe('create', () => {
  test('makes the instance of an attempt', async () => {
    /** @type {unknown[]} */
    const calls = []
    const create = (/** @type {any} */ JobClass, /** @type {any} */ ctx) => {
      calls.push([JobClass, ctx.id, ctx.attempt, ctx.job.args])
      return new JobClass(greeter)
    }
    await withCreate(create, async ({ runToCompletion }) => {
      const { id, result } = await runToCompletion(GreetJob, { name: 'Ada' })
      assert.equal(result, 'Good day, Ada')
      assert.deepEqual(calls, [[GreetJob, id, 1, { name: 'Ada' }]])
    })
  })

  test('may be asynchronous, and may give one instance for all attempts', async () => {
    const only = new GreetJob(greeter)
    await withCreate(
      async () => only,
      async ({ runToCompletion }) => {
        for (const name of ['Ada', 'Grace']) assert.equal((await runToCompletion(GreetJob, { name })).result, `Good day, ${name}`)
      },
    )
  })

  /** @type {[string, CreateJob, RegExp][]} */
  const failures = [
    ['that throws', () => assert.fail('no greeter'), /^no greeter$/],
    ['that rejects', async () => assert.fail('no greeter'), /^no greeter$/],
    ['that gives nothing', () => undefined, /^GreetJob: expected create to give an instance with a method perform, got undefined$/],
    [
      'that gives something else in time',
      async () => ({}),
      /^GreetJob: expected create to give an instance with a method perform, got an object$/,
    ],
  ]
  for (const [how, create, message] of failures) {
    test(`${how} fails the attempt with an entry of kind load`, () =>
      withCreate(create, async ({ runToCompletion }) => {
        const { state, errors } = await runToCompletion(GreetJob, { name: 'Ada' })
        assert.equal(state, 'discarded')
        assert.equal(errors[0].kind, 'load')
        assert.match(errors[0].message, message)
      }))
  }

  test('may choose the outcome', () =>
    withCreate(
      () => {
        throw new SnoozeJob(3600)
      },
      async ({ runToCompletion }) => assert.equal((await runToCompletion(GreetJob, { name: 'Ada' })).state, 'scheduled'),
    ))

  test('that hangs is aborted with its job', async () => {
    /** @type {AbortSignal | undefined} */
    let signal
    const create = async (/** @type {any} */ _, /** @type {any} */ ctx) => {
      signal = ctx.signal
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
      return { perform: () => assert.fail('expected no call of perform') }
    }
    await withCreate(create, async ({ engine, waitForState }) => {
      const id = await enqueue(GreetJob, { name: 'Ada' })
      await until(() => assert.ok(signal))
      await engine.jobs.cancel(id)
      await waitForState(id, 'cancelled')
    })
  })

  test('takes precedence over the setup file on the main thread', (t) => {
    const lines = journal(t)
    const setup = new URL('../support/fixtures/setup/container.js', import.meta.url)
    return withEngine({ queues: QUEUES, setup, create: () => new GreetJob(greeter) }, async ({ runToCompletion }) => {
      assert.equal((await runToCompletion(GreetJob, { name: 'Ada' })).result, 'Good day, Ada')
      assert.deepEqual(lines(), ['start main  default '])
    })
  })

  test('is the engine’s own: another engine makes instances itself', () =>
    withCreate(
      () => new GreetJob(greeter),
      async ({ schema: { url, prefix }, waitForState }) => {
        class PlainJob extends EramJob {
          perform() {
            return this.constructor.name
          }
        }
        PlainJob.register({ queue: 'plain' })
        const other = await EramEngine.start({ name: 'other', url, prefix, queues: { plain: 1 } })
        try {
          const id = await enqueue(PlainJob, {})
          assert.equal((await waitForState(id, 'completed')).result, 'PlainJob')
        } finally {
          await other.stop({ grace: 0 })
        }
      },
    ))
})
