// performJob(): an attempt without a database.
import assert from 'node:assert/strict'
import { AsyncResource } from 'node:async_hooks'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { CancelJob, DiscardJob, defineJob, EramEngine, EramError, EramJob } from '../../index.js'
import { performJob } from '../../testing.js'
import { finished, ROOT } from '../support/snippets.js'

/** What the last attempt was given. @type {any} */
let given

/** @type {(args: any, ctx: any) => unknown} */
let perform = () => {}

class Work extends EramJob {
  static {
    this.register({ queue: 'work', max_attempts: 3, tags: ['of the class'], priority: 2 })
  }
  /** @param {any} args @param {any} ctx */
  perform(args, ctx) {
    given = { args, ctx, job: ctx.job }
    return perform(args, ctx)
  }
}

/** @param {typeof perform} fn @param {any} [options] @param {any} [args] */
function run(fn, options, args = {}) {
  perform = fn
  return performJob(Work, args, options)
}

describe('a job that completes', () => {
  test('gives its result as JSON makes it', async () => {
    const { state, result, delay, error } = await run(() => ({ at: new Date(0), left: undefined }))
    assert.deepEqual(
      { state, result, delay, error },
      { state: 'completed', result: { at: '1970-01-01T00:00:00.000Z' }, delay: null, error: undefined },
    )
    assert.equal((await run(() => {})).result, null)
  })

  test('gets its args as JSON makes them', async () => {
    await run(() => {}, {}, { at: new Date(0), left: undefined })
    assert.deepEqual(given.args, { at: '1970-01-01T00:00:00.000Z' })
  })

  test('sees the options of its class, and those of the call', async () => {
    await run(() => {})
    const { queue, priority, tags, attempt, max_attempts, meta, errors, state, timeout } = given.job
    assert.deepEqual(
      { queue, priority, tags, attempt, max_attempts, meta, errors, state, timeout },
      {
        queue: 'work',
        priority: 2,
        tags: ['of the class'],
        attempt: 1,
        max_attempts: 3,
        meta: {},
        errors: [],
        state: 'executing',
        timeout: null,
      },
    )
    const errors2 = [{ attempt: 1, at: '2026-01-01T00:00:00Z', kind: 'error', name: 'Error', message: 'first' }]
    const scheduled_at = new Date(5)
    const options = {
      id: 7,
      attempt: 2,
      max_attempts: 9,
      meta: { a: 1 },
      tags: ['t'],
      priority: 1,
      queue: 'q',
      errors: errors2,
      scheduled_at,
      timeout: '1 minute',
    }
    await run(() => {}, options)
    const { inserted_at: _, attempted_at, ...job } = given.job
    assert.ok(attempted_at instanceof Date)
    assert.deepEqual(job, { ...options, timeout: 60_000, worker: 'Work', state: 'executing', args: {} })
  })

  test('has its log lines and warnings in the answer', async () => {
    class Chatty extends EramJob {
      static {
        this.register({})
      }
      /** @param {any} _ @param {any} ctx */
      async perform(_, ctx) {
        ctx.log.warn('a %s', 'b', { c: 1 })
      }
      afterSuccess() {
        throw new Error('too late')
      }
    }
    const { state, logs, warnings } = await performJob(Chatty)
    assert.deepEqual(logs, [{ level: 'warn', message: 'a b', fields: { c: 1 } }])
    assert.deepEqual([state, warnings], ['completed', ['afterSuccess: Error: too late']])
  })

  test('fails the test if its result cannot be stored', async () => {
    const circular = /** @type {any} */ ({})
    circular.self = circular
    for (const throws of [true, false]) {
      await assert.rejects(
        run(() => circular, { throws }),
        { code: 'ERAM_JOB', message: /^Work: result: expected a value that JSON can hold/ },
      )
    }
    await assert.rejects(
      run(() => 'x'.repeat(70_000)),
      { message: 'Work: result: expected at most 65536 bytes (max_result_bytes), got 70002' },
    )
  })
})

describe('a job that throws', () => {
  const failing = () => {
    throw new Error('cannot')
  }

  test('rejects with its error', async () => {
    const error = new Error('cannot')
    await assert.rejects(
      run(() => Promise.reject(error)),
      (thrown) => thrown === error,
    )
    await assert.rejects(run(failing), { message: 'cannot' })
  })

  test('is retried after the shortest delay of its backoff, until it is out of attempts', async () => {
    const outcomes = []
    for (const attempt of [1, 2, 3]) {
      const { state, delay, error } = await run(failing, { attempt, throws: false })
      outcomes.push([state, delay, /** @type {any} */ (error).message])
    }
    assert.deepEqual(outcomes, [
      ['retryable', 17, 'cannot'],
      ['retryable', 19, 'cannot'],
      ['discarded', null, 'cannot'],
    ])
    assert.equal((await run(failing, { attempt: 2, backoff: 'exp', throws: false })).delay, 4)
  })

  test('has its delay from its own backoff method, or from that of its registration', async () => {
    const Own = defineJob(
      'Own',
      { backoff: (/** @type {number} */ attempt, /** @type {any} */ error) => attempt * error.wait },
      async () => {
        throw Object.assign(new Error('busy'), { wait: 5 })
      },
    )
    assert.equal((await performJob(Own, {}, { attempt: 4, throws: false })).delay, 20)
    const Registered = defineJob('Registered', { backoff: { base: 2, factor: 3 } }, failing)
    assert.equal((await performJob(Registered, {}, { attempt: 3, throws: false })).delay, 18)
  })

  test('runs its after… methods before the answer', async () => {
    /** @type {string[]} */
    const calls = []
    class Hooked extends EramJob {
      static {
        this.register({ max_attempts: 1 })
      }
      perform() {
        throw new Error('no')
      }
      async afterError() {
        await new Promise((resolve) => setImmediate(resolve))
        calls.push('afterError')
      }
      afterDiscard() {
        calls.push('afterDiscard')
      }
    }
    await performJob(Hooked, {}, { throws: false })
    assert.deepEqual(calls.sort(), ['afterDiscard', 'afterError'])
  })
})

test('an outcome that a job chooses is an answer, returned or thrown', async () => {
  for (const [fn, state, delay, reason] of /** @type {[typeof perform, string, number | null, string | undefined][]} */ ([
    [(_, ctx) => ctx.snooze(60), 'snoozed', 60, undefined],
    [(_, ctx) => ctx.cancel('not needed'), 'cancelled', null, 'not needed'],
    [(_, ctx) => ctx.discard('no use'), 'discarded', null, 'no use'],
    [(_, ctx) => ctx.retry({ after: 5, reason: 'busy' }), 'retryable', 5, 'busy'],
    [() => Promise.reject(new CancelJob('thrown')), 'cancelled', null, 'thrown'],
    [() => Promise.reject(new DiscardJob('thrown')), 'discarded', null, 'thrown'],
  ])) {
    const done = await run(fn)
    assert.deepEqual([done.state, done.delay, done.reason, done.error], [state, delay, reason, undefined])
  }
})

describe('a job that is aborted', () => {
  const waiting = (/** @type {any} */ _, /** @type {any} */ ctx) =>
    new Promise((_resolve, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))

  test('by its timeout fails with it', async () => {
    const { state, error } = await run(waiting, { timeout: 10, throws: false })
    assert.deepEqual([state, /** @type {any} */ (error).code], ['retryable', 'timeout'])
  })

  test('by a signal is cancelled, or released by a shutdown', async () => {
    for (const [reason, state] of [
      [undefined, 'cancelled'],
      ['shutdown', 'released'],
    ]) {
      const controller = new AbortController()
      const running = run(waiting, { signal: controller.signal })
      controller.abort(reason)
      assert.equal((await running).state, state)
      // One that was aborted before.
      assert.equal((await run(waiting, { signal: controller.signal })).state, state)
    }
  })
})

describe('jobs that a job enqueues', () => {
  const Child = defineJob('Child', { queue: 'children', priority: 3 }, () => {})

  test('are recorded, through ctx, class, draft and name', async () => {
    const { enqueued } = await run(async (_, ctx) => {
      const job = await ctx.enqueue(Child, { n: 1 })
      assert.deepEqual([job.worker, job.state, job.conflict], ['Child', 'available', false])
      await Child.enqueue({ n: 2 }, { schedule_in: '1 day', meta: { a: 1 } })
      await Promise.all([ctx.enqueue('Child', { n: 3 }), ctx.enqueue('Elsewhere', { n: 4 })])
    })
    assert.deepEqual(
      enqueued.map(({ worker, queue, priority, state, args }) => [worker, queue, priority, state, args.n]),
      [
        ['Child', 'children', 3, 'available', 1],
        ['Child', 'children', 3, 'scheduled', 2],
        ['Child', 'children', 3, 'available', 3],
        ['Elsewhere', 'default', 0, 'available', 4],
      ],
    )
    const [, second] = enqueued
    assert.equal(Number(second?.scheduled_at) - Number(second?.inserted_at), 86_400_000)
  })

  test('are checked as the engine checks them', async () => {
    await assert.rejects(
      run((_, ctx) => ctx.enqueue(Child, {}, { priority: 17 })),
      {
        code: 'ERAM_JOB',
        message: 'Child.priority: expected an integer of at most 9, got 17',
      },
    )
  })

  test('go where enqueues go, if that is asked', async () => {
    await assert.rejects(
      run((_, ctx) => ctx.enqueue(Child), { enqueue: 'real' }),
      { code: 'ERAM_NOT_RUNNING' },
    )
    // Other attempts at the same time record for themselves.
    perform = (args, ctx) => ctx.enqueue(Child, args)
    const [first, second] = await Promise.all([1, 2].map((n) => performJob(Work, { n })))
    assert.deepEqual([first?.enqueued.map(({ args }) => args), second?.enqueued.map(({ args }) => args)], [[{ n: 1 }], [{ n: 2 }]])
  })
})

describe('a job with a transaction', () => {
  const Transacted = defineJob('Transacted', { transaction: true }, async (_, ctx) => {
    await ctx.enqueue(Work, { in: 'ctx' })
    await Work.enqueue({ in: 'scope' })
    await Work.enqueue({ in: 'none' }, { tx: null })
    return ctx.tx.name
  })

  test('gets the one of the call', async () => {
    const tx = { name: 'any object' }
    const { result, enqueued } = await performJob(Transacted, {}, { tx })
    assert.equal(result, 'any object')
    assert.deepEqual(
      enqueued.map(({ args, tx: recorded }) => [args.in, recorded === tx]),
      [
        ['ctx', true],
        ['scope', true],
        ['none', false],
      ],
    )
  })

  test('wants one', async () => {
    await assert.rejects(performJob(Transacted), {
      code: 'ERAM_DRIVER',
      message: 'Transacted: expected performJob(Transacted, args, { tx }), as it needs a transaction, got none',
    })
  })

  test('ctx.transaction() uses it, too', async () => {
    const tx = {}
    const { result } = await run((_, ctx) => ctx.transaction((/** @type {unknown} */ inner) => inner === tx), { tx })
    assert.equal(result, true)
  })

  test('an enqueue after its transaction fails', async () => {
    /** @type {() => Promise<unknown>} */
    let enqueueLater = async () => {}
    const late = defineJob('Late', async () => {
      await EramEngine.withTransaction(/** @type {any} */ ({}), async () => {
        await Work.enqueue({})
        enqueueLater = AsyncResource.bind(() => Work.enqueue({}))
      })
    })
    assert.equal((await performJob(late)).enqueued.length, 1)
    await assert.rejects(enqueueLater(), { code: 'ERAM_NOT_IN_TRANSACTION' })
  })
})

describe('the instance', () => {
  class Injected extends EramJob {
    static {
      this.register({})
    }
    /** @param {any} mailer */
    constructor(mailer) {
      super()
      this.mailer = mailer
    }
    async perform() {
      return this.mailer.send()
    }
  }
  const mailer = { send: () => 'sent' }

  test('is made by resolve', async () => {
    const resolve = async (/** @type {any} */ Class) => new Class(mailer)
    assert.equal((await performJob(Injected, {}, { resolve })).result, 'sent')
    await assert.rejects(performJob(Injected), { code: 'ERAM_JOB', message: /^Injected\.constructor: expected no parameters/ })
    await assert.rejects(performJob(Injected, {}, { resolve: () => 3 }), { message: /expected create to give an instance/ })
  })

  test('is made by a setup file, which is started and stopped', async (t) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'eram-setup-'))
    t.after(() => rm(folder, { recursive: true }))
    const file = path.join(folder, 'setup.mjs')
    await writeFile(
      file,
      `export const start = ({ isolate, workers }) => { globalThis.started = [isolate, ...workers] }
       export const resolve = (Class) => new Class({ send: () => 'by the file' })
       export const stop = () => { globalThis.started.push('stopped') }`,
    )
    assert.equal((await performJob(Injected, {}, { setup: file })).result, 'by the file')
    assert.deepEqual(/** @type {any} */ (globalThis).started, ['main', 'Injected', 'stopped'])
  })
})

test('wrong options are named', async () => {
  for (const [options, message] of /** @type {[any, string | RegExp][]} */ ([
    [{ attempts: 2 }, /^performJob\(Work\): expected only attempt, id, .*, got "attempts"$/],
    [{ attempt: 0 }, 'performJob(Work): attempt: expected a positive integer, got 0'],
    [{ attempt: 4 }, 'performJob: attempt: expected at most max_attempts, 3, got 4'],
    [{ enqueue: 'no' }, `performJob(Work): enqueue: expected 'record' or 'real', got "no"`],
    [{ priority: 12 }, 'Work.priority: expected an integer of at most 9, got 12'],
    [{ engine: 'none' }, 'engine: expected a running engine, got "none"; running: none'],
    [3, 'performJob(Work): expected an object of options, got 3'],
  ])) {
    await assert.rejects(performJob(Work, {}, options), { message })
  }
  class Unregistered extends EramJob {
    perform() {}
  }
  await assert.rejects(performJob(Unregistered), { code: 'ERAM_JOB' })
  const wrong = async () => performJob(defineJob('Wrong', { priority: 12 }, () => {}))
  await assert.rejects(wrong, (error) => error instanceof EramError && error.code === 'ERAM_JOB')
})

test('neither the addon nor a thread is loaded', async (t) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'eram-perform-'))
  t.after(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'program.mjs')
  const entry = (/** @type {string} */ name) => JSON.stringify(pathToFileURL(path.join(ROOT, name)).href)
  await writeFile(
    file,
    `import { EramJob } from ${entry('index.js')}
     import { performJob, assertEnqueued, fake } from ${entry('testing.js')}
     class Mail extends EramJob {
       static { this.register({ queue: 'mails', unique: { period: 60 }, transaction: true }) }
       async perform({ to }, ctx) { await ctx.enqueue(Mail, { to: 'b' }, { schedule_in: '1h' }); return to }
     }
     const jobs = fake()
     await Mail.enqueue({ to: 'a' }, { tx: {} })
     await assertEnqueued(Mail, { to: 'a' })
     const { result } = await performJob(Mail, { to: 'a' }, { tx: {} })
     const report = process.report.getReport()
     console.log(result, report.sharedObjects.some((file) => file.endsWith('.node')), report.workers.length)`,
  )
  const { code, out } = await finished(process.execPath, [file], { env: { DATABASE_URL: 'postgres://nowhere.invalid:1/none' } })
  assert.equal(code, 0, out)
  assert.equal(out.trim(), 'a false 0')
})
