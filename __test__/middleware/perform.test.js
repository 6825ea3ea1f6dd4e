// Middleware around attempts and around perform: what it sees, what it decides, and what its mistakes do.
import assert from 'node:assert/strict'
import { AsyncLocalStorage } from 'node:async_hooks'
import { describe, test } from 'node:test'
import { defineJob, EramEngine, EramJob } from '../../index.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { SurroundedMainJob, SurroundedProcessJob, SurroundedThreadJob } from '../support/fixtures/middleware/jobs.js'
import { journal } from '../support/fixtures/setup/journal.js'

const SETUP = new URL('../support/fixtures/middleware/setup.js', import.meta.url)
const QUEUES = { surrounded: 5 }
const ISOLATIONS = /** @type {const} */ ([
  [SurroundedMainJob, 'main'],
  [SurroundedThreadJob, 'thread'],
  [SurroundedProcessJob, 'process'],
])

/** @type {(args: any, ctx: import('../../index.js').JobContext) => unknown} */
let work = () => {}
const Plain = defineJob('PlainSurroundedJob', { queue: 'surrounded', max_attempts: 1 }, (args, ctx) => work(args, ctx))
const Transacted = defineJob('TransactedSurroundedJob', { queue: 'surrounded', max_attempts: 1, transaction: true }, (args, ctx) =>
  work(args, ctx),
)

/** @typedef {Omit<import('../support/fixtures/engine.js').Harness, 'engine'> & { engine: EramEngine }} Harness */

/** @param {any} options @param {(harness: Harness) => Promise<void>} run */
const withSurrounded = (options, run) => withEngine({ queues: QUEUES, ...options }, run)

describe('a setup file', () => {
  for (const [JobClass, isolate] of ISOLATIONS) {
    test(`surrounds enqueues and jobs in isolation "${isolate}", outside the middleware of the class`, async (t) => {
      const lines = journal(t)
      await withSurrounded({ setup: SETUP }, async ({ runToCompletion }) => {
        assert.deepEqual((await runToCompletion(JobClass, {})).result, { done: true, by: isolate })
        assert.equal((await runToCompletion(JobClass, { fails: true })).state, 'discarded')
        // The middleware ends after the ack.
        await until(() => assert.equal(lines().filter((line) => line.includes('ended')).length, 2))
      })
      const { name } = JobClass
      const run = [`${isolate} attempt ${name}`, `${isolate} perform ${name}`, `class ${name}`]
      assert.deepEqual(lines(), [
        ...[`main enqueue ${name}`, ...run, `${isolate} ended ${name} success {"done":true,"by":"${isolate}"}`],
        ...[`main enqueue ${name}`, ...run, `${isolate} ended ${name} discard as asked`],
      ])
    })

    test(`surrounds what a job enqueues in isolation "${isolate}"`, async (t) => {
      const lines = journal(t)
      await withSurrounded({ setup: SETUP }, async ({ runToCompletion }) => {
        await runToCompletion(JobClass, { next: 'NowhereJob' })
      })
      assert.ok(lines().includes(`${isolate} enqueue NowhereJob`), lines().join('\n'))
    })
  }

  test('ends its middleware with the engine', async (t) => {
    const lines = journal(t)
    await withSurrounded({ setup: SETUP }, async () => {})
    await withSurrounded({}, async ({ runToCompletion }) => {
      await runToCompletion(SurroundedMainJob, {})
    })
    assert.deepEqual(lines(), ['class SurroundedMainJob'])
  })
})

describe('a thread that ends within middleware', () => {
  test('is charged to the job of the middleware, not to those that run beside it', async (t) => {
    journal(t)
    await withSurrounded({ setup: SETUP, queues: { surrounded: { limit: 5, threads: 1 } } }, async ({ waitForState }) => {
      const beside = await SurroundedThreadJob.enqueue({ waits: true })
      await waitForState(beside.id, 'executing')
      const { id } = await SurroundedThreadJob.enqueue({ exit: true })
      const { errors } = await waitForState(id, 'discarded')
      assert.equal(errors.at(-1).kind, 'crash')
      const { crashes } = await until(async () => {
        const row = await waitForState(beside.id, 'executing')
        assert.equal(row.attempt, 1)
        return row
      })
      assert.equal(crashes, 0)
    })
  })
})

describe('the order', () => {
  test('is that of the isolate, of setup files, of the engine, and of the class', async (t) => {
    journal(t)
    /** @type {string[]} */
    const order = []
    /** @param {string} name */
    const noting = (name) => ({
      name,
      attempt: async (/** @type {any} */ _ctx, /** @type {() => Promise<any>} */ next) => {
        order.push(`${name} begins`)
        await next()
        order.push(`${name} ends`)
      },
      perform: async (/** @type {any} */ _args, /** @type {any} */ _ctx, /** @type {() => any} */ next) => {
        order.push(`${name} performs`)
        return next()
      },
    })
    class OrderedJob extends EramJob {
      static use = [noting('class 1'), noting('class 2')]
      static {
        this.register({ queue: 'surrounded' })
      }

      async perform() {
        order.push('perform')
      }
    }
    await withSurrounded({ setup: SETUP }, async ({ engine, runToCompletion }) => {
      engine.use(noting('engine'))
      const drop = EramEngine.use(noting('isolate'))
      const { result } = await runToCompletion(OrderedJob, {})
      // The setup file is between the two.
      assert.deepEqual(result, { by: 'main' })
      await until(() => assert.equal(order.at(-1), 'isolate ends'))
      drop()
      order.push('without isolate')
      await runToCompletion(OrderedJob, {})
      await until(() => assert.equal(order.at(-1), 'engine ends'))
    })
    const inside = ['engine begins', 'class 1 begins', 'class 2 begins']
    const performs = ['engine performs', 'class 1 performs', 'class 2 performs', 'perform']
    const after = ['class 2 ends', 'class 1 ends', 'engine ends']
    const first = ['isolate begins', ...inside, 'isolate performs', ...performs, ...after, 'isolate ends']
    assert.deepEqual(order, [...first, 'without isolate', ...inside, ...performs, ...after])
  })
})

describe('perform middleware', () => {
  test('may end the job without calling next()', async () => {
    work = () => assert.fail('not called')
    await withSurrounded({}, async ({ engine, runToCompletion }) => {
      engine.use({ perform: () => ({ instead: true }) })
      assert.deepEqual((await runToCompletion(Plain, {})).result, { instead: true })
    })
  })

  test('chooses the outcome as perform does', async () => {
    work = () => 1
    await withSurrounded({}, async ({ engine, runToCompletion }) => {
      engine.use({ perform: (_args, ctx) => ctx.cancel('not wanted') })
      assert.equal((await runToCompletion(Plain, {})).state, 'cancelled')
    })
  })

  test('fails the attempt when it throws, and passes on what perform throws', async () => {
    work = () => {
      throw new RangeError('from perform')
    }
    await withSurrounded({}, async ({ engine, runToCompletion }) => {
      const drop = engine.use({ perform: (_args, _ctx, next) => next() })
      assert.equal((await runToCompletion(Plain, {})).errors[0].message, 'from perform')
      drop()
      engine.use({
        perform: async () => {
          throw new TypeError('from middleware')
        },
      })
      assert.equal((await runToCompletion(Plain, {})).errors[0].message, 'from middleware')
    })
  })

  test('fails the attempt when it calls next() twice', async () => {
    work = () => 1
    await withSurrounded({}, async ({ engine, runToCompletion }) => {
      engine.use({
        name: 'eager',
        perform: (_args, _ctx, next) => {
          next()
          return next()
        },
      })
      const { errors } = await runToCompletion(Plain, {})
      assert.equal(errors[0].code, 'ERAM_JOB')
      assert.equal(errors[0].message, 'perform middleware "eager": expected one call of next(), got a second')
    })
  })

  test('is inside the transaction of the job, and its writes are rolled back with it', async () => {
    work = ({ fails }) => {
      if (fails) throw new Error('undone')
    }
    const driver = { type: 'pg', config: { connectionString: process.env.DATABASE_URL } }
    await withSurrounded({ driver }, async ({ engine, schema, runToCompletion }) => {
      await schema.rows('CREATE TABLE notes (text text)')
      engine.use({
        perform: async (_args, ctx, next) => {
          await /** @type {any} */ (ctx.tx).query(`INSERT INTO ${schema.prefix}.notes VALUES ('of ${ctx.id}')`)
          await EramEngine.enqueue('NowhereJob', {}, { priority: 7 })
          return next()
        },
      })
      const good = await runToCompletion(Transacted, {})
      const bad = await runToCompletion(Transacted, { fails: true })
      assert.deepEqual([good.state, bad.state], ['completed', 'discarded'])
      assert.deepEqual(await schema.rows('SELECT text FROM notes'), [{ text: `of ${good.id}` }])
      const { count } = await schema.row(`SELECT count(*)::int FROM eram_jobs WHERE worker = 'NowhereJob'`)
      assert.equal(count, 1)
    })
  })

  test('that hangs ends with the timeout of the job', async () => {
    await withSurrounded({ abort_grace: 50 }, async ({ engine, runToCompletion }) => {
      engine.use({ perform: () => new Promise(() => {}) })
      const { errors } = await runToCompletion(Plain, {}, { timeout: 50 })
      assert.equal(errors[0].kind, 'timeout')
    })
  })
})

describe('attempt middleware', () => {
  test('learns how the attempt ended, with the very error', async () => {
    const failure = new TypeError('it')
    /** @type {Record<string, (ctx: any) => unknown>} */
    const ways = {
      success: () => 5,
      failure: () => {
        throw failure
      },
      discard: (ctx) => ctx.discard('no'),
      cancelled: (ctx) => ctx.cancel('no'),
      snoozed: (ctx) => ctx.snooze(3600),
    }
    work = ({ way }, ctx) => ways[way]?.(ctx)
    /** @type {import('../../index.js').AttemptSummary[]} */
    const seen = []
    await withSurrounded({}, async ({ engine, runToCompletion }) => {
      engine.use({ attempt: async (_ctx, next) => seen.push(await next()) })
      for (const way of Object.keys(ways)) await runToCompletion(Plain, { way }, { max_attempts: 2 })
      await until(() => assert.equal(seen.length, 5))
    })
    assert.deepEqual(
      seen.map(({ state }) => state),
      Object.keys(ways),
    )
    assert.equal(seen[0]?.result, 5)
    assert.equal(seen[1]?.error, failure)
    assert.ok(seen.every(({ duration_ms }) => duration_ms >= 0))
  })

  test('begins before the transaction, and ends after the after… methods', async () => {
    /** @type {string[]} */
    const steps = []
    class SteppedJob extends EramJob {
      static {
        this.register({ queue: 'surrounded', transaction: true })
      }

      async perform() {
        steps.push('perform')
      }

      async afterSuccess() {
        await new Promise((resolve) => setImmediate(resolve))
        steps.push('afterSuccess')
      }
    }
    const driver = { type: 'pg', config: { connectionString: process.env.DATABASE_URL } }
    await withSurrounded({ driver }, async ({ engine, runToCompletion }) => {
      engine.use({
        attempt: async (ctx, next) => {
          steps.push(`begins, ${ctx.tx === undefined ? 'no' : 'in a'} transaction`)
          await next()
          steps.push('ends')
        },
      })
      await runToCompletion(SteppedJob, {})
      await until(() => assert.equal(steps.at(-1), 'ends'))
    })
    assert.deepEqual(steps, ['begins, no transaction', 'perform', 'afterSuccess', 'ends'])
  })

  for (const [what, attempt, message] of /** @type {const} */ ([
    ['throws', () => assert.fail('broken'), /^attempt middleware "odd" threw AssertionError: broken$/],
    ['rejects', async () => assert.fail('broken'), /^attempt middleware "odd" threw AssertionError: broken$/],
    ['does not call next()', async () => {}, /^attempt middleware "odd": expected it to call next\(\), it did not; the attempt begins/],
  ])) {
    test(`that ${what} causes a warning, and the job runs`, async () => {
      work = () => 'done'
      await withSurrounded({}, async ({ engine, runToCompletion, recordEvents }) => {
        const warnings = recordEvents('job:warning')
        engine.use({ name: 'odd', attempt })
        assert.equal((await runToCompletion(Plain, {})).result, 'done')
        await until(() => assert.equal(warnings.length, 1))
        assert.equal(warnings[0].what, 'middleware')
        assert.match(warnings[0].message, message)
      })
    })
  }

  test('that throws after the job does not change its outcome', async () => {
    work = () => 'done'
    await withSurrounded({}, async ({ engine, runToCompletion, recordEvents }) => {
      const warnings = recordEvents('job:warning')
      engine.use({
        attempt: async (_ctx, next) => {
          await next()
          throw new Error('late')
        },
      })
      assert.equal((await runToCompletion(Plain, {})).state, 'completed')
      await until(() => assert.equal(warnings.length, 1))
    })
  })

  test('that has not called next() when the job is aborted lets it end as aborted', async () => {
    work = () => assert.fail('not called')
    await withSurrounded({ abort_grace: 2000 }, async ({ engine, runToCompletion }) => {
      engine.use({
        attempt: async (ctx, next) => {
          await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
          await next()
        },
      })
      const { errors } = await runToCompletion(Plain, {}, { timeout: 50 })
      assert.equal(errors[0].kind, 'timeout')
    })
  })

  test('gives the job the storage that it runs next() in', async () => {
    const storage = new AsyncLocalStorage()
    work = async () => {
      await new Promise((resolve) => setImmediate(resolve))
      return storage.getStore()
    }
    await withSurrounded({}, async ({ engine, runToCompletion }) => {
      engine.use({ attempt: (ctx, next) => storage.run(`of ${ctx.id}`, next) })
      const { id, result } = await runToCompletion(Plain, {})
      assert.equal(result, `of ${id}`)
    })
  })

  test('is awaited when the engine stops', async () => {
    work = () => 1
    let ended = false
    await withSurrounded({}, async ({ engine, runToCompletion }) => {
      engine.use({
        attempt: async (_ctx, next) => {
          await next()
          await new Promise((resolve) => setTimeout(resolve, 100))
          ended = true
        },
      })
      await runToCompletion(Plain, {})
    })
    assert.ok(ended)
  })
})

describe('anything but middleware is refused', () => {
  for (const [what, given, message] of /** @type {const} */ ([
    ['a number', 5, /^EramEngine.use: expected an object with at least one of the functions enqueue, attempt, perform, got 5$/],
    ['an object without its functions', { name: 'x' }, /, got an object$/],
    ['a member other than a function', { perform: 'x' }, /^EramEngine.use: perform: expected a function, got "x"$/],
  ])) {
    test(what, () => {
      assert.throws(() => EramEngine.use(/** @type {any} */ (given)), { code: 'ERAM_CONFIG', message })
    })
  }

  test('in a class, when it enqueues', async () => {
    class WronglyUsedJob extends EramJob {
      static use = /** @type {any} */ ([5])
      static {
        this.register({ queue: 'surrounded', max_attempts: 1 })
      }

      perform() {}
    }
    await withSurrounded({}, async ({ runToCompletion }) => {
      const message = /^WronglyUsedJob.use\[0\]: expected an object with at least one/
      await assert.rejects(WronglyUsedJob.enqueue({}), { code: 'ERAM_CONFIG', message })
      const { errors } = await runToCompletion('WronglyUsedJob', {}).catch(() => ({ errors: [] }))
      assert.deepEqual(errors, [])
    })
  })
})

test('engine.use() says once that jobs of threads have no part of it', async (t) => {
  journal(t)
  await withSurrounded({}, async ({ engine, recordEvents, runToCompletion }) => {
    const events = recordEvents('engine:log')
    const lines = () => events.filter(({ message }) => message.startsWith('engine.use'))
    await runToCompletion(SurroundedThreadJob, {})
    engine.use({ enqueue: (/** @type {any} */ _call, /** @type {any} */ next) => next() })
    assert.deepEqual(lines(), [])
    engine.use({ perform: (/** @type {any} */ _args, /** @type {any} */ _ctx, /** @type {any} */ next) => next() })
    engine.use({ attempt: (/** @type {any} */ _ctx, /** @type {any} */ next) => next() })
    assert.equal(lines().length, 1)
    assert.match(lines()[0]?.message, /a setup file has them everywhere/)
  })
})
