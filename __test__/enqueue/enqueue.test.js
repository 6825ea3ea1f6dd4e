// Enqueueing through an engine: the two call forms, drafts, names, options, and what comes back.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramError, EramJob } from '../../index.js'
import { EnqueueBatcher } from '../../lib/enqueue/batcher.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

class EmailUserJob extends EramJob {
  static {
    this.register({ queue: 'emails', max_attempts: 5, tags: ['mail'], meta: { team: 'a' }, timeout: '1 minute' })
  }

  /** @param {{ email: string, args?: string[], priority?: number }} _args */
  async perform(_args) {}
}

class Nightly extends EramJob {
  static {
    this.register()
  }

  async perform() {}
}

class Unregistered extends EmailUserJob {}

/**
 * An engine without queues: it only enqueues.
 * @param {(schema: Schema & { engine: EramEngine }) => Promise<unknown>} scenario
 * @param {object} [options]
 */
const withEngine = (scenario, options) =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({ driver: { url: schema.url }, prefix: schema.prefix, ...options })
    try {
      await scenario({ ...schema, engine })
    } finally {
      await engine.stop()
    }
  })

test('without an engine, enqueue fails with a hint', async () => {
  await assert.rejects(EmailUserJob.enqueue({ email: 'a' }), {
    name: 'EramError',
    code: 'ERAM_NOT_RUNNING',
    message:
      /expected a running engine, got none; await EramEngine\.start\(\{ … \}\) first \(without queues it only enqueues\), or pass \{ tx \}$/,
  })
  await assert.rejects(EmailUserJob.enqueue({ email: 'a' }, { engine: 'other' }), {
    code: 'ERAM_NOT_RUNNING',
    message: /got "other"; running: none$/,
  })
})

test('all forms put the same job on its queue', () =>
  withEngine(async ({ rows, engine }) => {
    const given = { email: 'a@b.c' }
    const jobs = [
      await EmailUserJob.enqueue(given, { priority: 1 }),
      await EmailUserJob.enqueue({ args: given, priority: 1 }),
      await EmailUserJob.enqueue({ args: given }, { priority: 1 }),
      await EmailUserJob.enqueue({ args: given, priority: 3 }, { priority: 1 }),
      await EramEngine.enqueue(EmailUserJob, given, { priority: 1 }),
      await EramEngine.enqueue('EmailUserJob', given, { priority: 1 }),
      await engine.enqueue('EmailUserJob', given, { priority: 1 }),
      ...(await EramEngine.enqueueAll([
        EmailUserJob.new(given, { priority: 1 }),
        EmailUserJob.new({ args: given, priority: 1 }),
        { worker: 'EmailUserJob', args: given, priority: 1 },
      ])),
    ]
    const stored = await rows(
      'SELECT id::int, worker, queue, args, tags, meta, priority, max_attempts, timeout, state FROM eram_jobs ORDER BY id',
    )
    assert.deepEqual(
      stored,
      jobs.map(({ id }) => ({
        id,
        worker: 'EmailUserJob',
        queue: 'emails',
        args: given,
        tags: ['mail'],
        meta: { team: 'a' },
        priority: 1,
        max_attempts: 5,
        timeout: 60_000,
        state: 'available',
      })),
    )
    for (const { id, inserted_at, scheduled_at, ...job } of jobs) {
      assert.deepEqual(job, { worker: 'EmailUserJob', queue: 'emails', args: given, state: 'available', conflict: false })
      assert.ok(Math.abs(Date.now() - inserted_at.getTime()) < 60_000 && scheduled_at instanceof Date)
    }
  }))

test('an object is the arguments unless all its keys besides args are options', () =>
  withEngine(async ({ rows }) => {
    await EmailUserJob.enqueue({ email: 'a', args: ['x'] })
    await EmailUserJob.enqueue({ email: 'b', priority: 4 })
    await EramEngine.enqueue('Any', { args: { args: { nested: 1 } } })
    await Nightly.enqueue()
    await Nightly.enqueue({ args: undefined, priority: 2 })
    assert.deepEqual(await rows('SELECT args, priority FROM eram_jobs ORDER BY id'), [
      { args: { email: 'a', args: ['x'] }, priority: 0 },
      { args: { email: 'b', priority: 4 }, priority: 0 },
      { args: { args: { nested: 1 } }, priority: 0 },
      { args: {}, priority: 0 },
      { args: {}, priority: 2 },
    ])
  }))

test('an invalid job is refused before any SQL, with the reason', () =>
  withEngine(async ({ rows }) => {
    const any = /** @type {any} */ (EmailUserJob)
    for (const [call, message] of /** @type {[() => Promise<unknown>, RegExp][]} */ ([
      [() => any.enqueue({ email: 1n }), /^EmailUserJob\.args\.email: expected JSON, got a BigInt/],
      [() => any.enqueue('a@b.c'), /^EmailUserJob\.args: expected an object, got a string/],
      [() => any.enqueue({ args: ['a'] }), /^EmailUserJob\.args: expected an object, got an array/],
      [() => any.enqueue({ email: 'a' }, 5), /^EmailUserJob\.enqueue: expected an object of options, got 5$/],
      [() => any.enqueue({ email: 'a' }, { prioritty: 1 }), /prioritty.*did you mean "?priority/],
      [() => any.enqueue({ email: 'a' }, { priority: 10 }), /priority: expected .*, got 10/],
      [
        () => any.enqueue({ email: 'a' }, { scheduled_at: new Date(NaN) }),
        /^EmailUserJob\.scheduled_at: expected JSON, got an invalid Date$/,
      ],
      [() => any.enqueue({ email: 'a' }, { schedule_in: -1 }), /schedule_in: expected /],
      [() => any.enqueue({ email: 'a' }, { backoff: () => 1 }), /^EmailUserJob\.backoff: .*make it a method of the class/],
      [
        () => any.enqueue({ email: 'a' }, { prefix: 'elsewhere' }),
        /^prefix: expected "t_\w+", the prefix of engine "default", got "elsewhere"/,
      ],
      [
        () => any.enqueue({ email: 'x'.repeat(2 ** 20) }),
        /^EmailUserJob\.args: expected at most 1048576 bytes.*, got 1048588; keep the data elsewhere/,
      ],
      [
        () => Unregistered.enqueue({ email: 'a' }),
        /^Unregistered: expected a registered job class; call Unregistered\.register\(\{ … \}\)/,
      ],
      [() => EramEngine.enqueue('', {}), /^enqueue: expected a job class or its name, got ""$/],
      [
        () => EramEngine.enqueueAll(/** @type {any} */ (EmailUserJob.new({ email: 'a' }))),
        /^enqueueAll: expected an array of drafts, got an object/,
      ],
      [
        () => EramEngine.enqueueAll(/** @type {any} */ ([{ email: 'a' }])),
        /^enqueueAll: drafts\[0\]: expected X\.new\(args, options\), or \{ worker/,
      ],
      [
        () => EramEngine.enqueueAll([], /** @type {any} */ ({ priority: 1 })),
        /^enqueueAll: expected tx, engine or prefix, got "priority"; give it to each draft/,
      ],
      [async () => any.new({ email: 'a' }, { tx: {} }), /^EmailUserJob\.new: expected options of the job, got tx; pass it to enqueueAll/],
    ])) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof EramError)
        assert.equal(error.code, 'ERAM_JOB', error.message)
        assert.match(error.message, message)
        return true
      })
    }
    assert.deepEqual(await rows('SELECT * FROM eram_jobs'), [])
  }))

test('a job may be due later', () =>
  withEngine(async ({ rows }) => {
    const at = new Date('2100-01-01T00:00:00.123Z')
    const jobs = [
      await EmailUserJob.enqueue({ email: 'a' }, { schedule_in: 60 }),
      await EmailUserJob.enqueue({ email: 'b' }, { schedule_in: { days: 1 } }),
      await EmailUserJob.enqueue({ email: 'c' }, { scheduled_at: at }),
      await EmailUserJob.enqueue({ email: 'd' }, { scheduled_at: at.toISOString() }),
      await EmailUserJob.enqueue({ email: 'e' }, { state: 'suspended' }),
    ]
    assert.deepEqual(
      jobs.map(({ state }) => state),
      ['scheduled', 'scheduled', 'scheduled', 'scheduled', 'suspended'],
    )
    assert.deepEqual([jobs[2]?.scheduled_at, jobs[3]?.scheduled_at], [at, at])
    const waits = await rows(`SELECT extract(epoch FROM scheduled_at - inserted_at)::int AS seconds FROM eram_jobs ORDER BY id LIMIT 2`)
    assert.deepEqual(waits, [{ seconds: 60 }, { seconds: 86_400 }])
  }))

test('a unique job that is there is given instead', () =>
  withEngine(async () => {
    const options = /** @type {const} */ ({ unique: { period: Infinity, keys: ['email'] } })
    const first = await EmailUserJob.enqueue({ email: 'a' }, options)
    const second = await EmailUserJob.enqueue({ email: 'a', priority: 2 }, { ...options, priority: 7 })
    assert.ok(!first.conflict && second.conflict)
    assert.equal(second.id, first.id)
    assert.deepEqual(second.args, { email: 'a' })
    assert.deepEqual([second.priority, second.errors, second.attempt], [0, [], 0])
    assert.ok(second.inserted_at instanceof Date)
    const [third, fourth] = await EramEngine.enqueueAll([
      EmailUserJob.new({ email: 'b' }, options),
      EmailUserJob.new({ email: 'b' }, options),
    ])
    assert.deepEqual([third?.conflict, fourth?.conflict, third?.id === fourth?.id], [false, true, true])
  }))

test('many jobs are all there or none', () =>
  withEngine(async ({ rows }) => {
    assert.deepEqual(await EramEngine.enqueueAll([]), [])
    const drafts = Array.from({ length: 5000 }, (_, i) => EmailUserJob.new({ email: String(i) }))
    const jobs = await EramEngine.enqueueAll(new Set(drafts))
    assert.deepEqual(
      jobs.map(({ args }) => args.email),
      drafts.map(({ args }) => args.email),
    )
    await rows(`ALTER TABLE eram_jobs ADD CONSTRAINT no_secrets CHECK (args->>'email' <> 'secret')`)
    const failed = EramEngine.enqueueAll([...drafts, EmailUserJob.new({ email: 'secret' })])
    await assert.rejects(failed, (/** @type {any} */ error) => {
      assert.deepEqual([error.code, error.sqlstate], ['ERAM_DATABASE', '23514'])
      return true
    })
    assert.deepEqual(await rows('SELECT count(*)::int FROM eram_jobs'), [{ count: 5000 }])
  }))

test('calls in flight together each get their own job or error', () =>
  withEngine(async ({ rows }) => {
    await rows(`ALTER TABLE eram_jobs ADD CONSTRAINT no_secrets CHECK (args->>'email' <> 'secret')`)
    const emails = Array.from({ length: 200 }, (_, i) => (i === 77 ? 'secret' : String(i)))
    const settled = await Promise.allSettled(emails.map((email) => EmailUserJob.enqueue({ email })))
    for (const [i, each] of settled.entries()) {
      if (i === 77) assert.equal(each.status === 'rejected' && each.reason.sqlstate, '23514')
      else assert.equal(each.status === 'fulfilled' && each.value.args.email, emails[i])
    }
    assert.equal(new Set(settled.map((each) => (each.status === 'fulfilled' ? each.value.id : null))).size, 200)
  }))

test('jobs of one turn of the event loop go to the engine in calls of bounded size', async () => {
  /** @type {number[]} */
  const calls = []
  const batcher = new EnqueueBatcher(
    {
      enqueueEach: async (_, drafts) => {
        calls.push(drafts.split('\n').length)
        return `[${drafts.split('\n').join(',')}]`
      },
      enqueueAll: async () => '[]',
      enqueued: () => {},
    },
    1,
  )
  const each = (/** @type {number} */ count, text = '') =>
    Promise.all(Array.from({ length: count }, (_, id) => batcher.enqueue(JSON.stringify({ id, text }))))
  assert.deepEqual(
    (await each(2100)).map(({ id }) => id),
    Array.from({ length: 2100 }, (_, id) => id),
  )
  assert.deepEqual(calls.splice(0), [1000, 1000, 100])
  await each(10, 'x'.repeat(2 ** 20))
  assert.deepEqual(calls, [4, 4, 2])
})

test('several engines are addressed by name', () =>
  withEngine(async ({ rows, url, engine }) => {
    await withSchema(async (other) => {
      const reports = await EramEngine.start({ name: 'reports', driver: { url }, prefix: other.prefix })
      try {
        await EmailUserJob.enqueue({ email: 'first' })
        await EmailUserJob.enqueue({ email: 'second' }, { engine: 'reports' })
        await EmailUserJob.enqueue({ email: 'third' }, { engine: reports })
        await EramEngine.enqueueAll([EmailUserJob.new({ email: 'fourth' })], { engine: reports })
        assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'first' } }])
        assert.deepEqual(
          (await other.rows('SELECT args FROM eram_jobs ORDER BY id')).map(({ args }) => args.email),
          ['second', 'third', 'fourth'],
        )
        await engine.stop()
        // The only one that is left is meant.
        await EmailUserJob.enqueue({ email: 'fifth' })
        assert.deepEqual(await other.rows('SELECT count(*)::int FROM eram_jobs'), [{ count: 4 }])
      } finally {
        await reports.stop()
      }
      await assert.rejects(reports.enqueue('EmailUserJob', {}), { code: 'ERAM_NOT_RUNNING' })
    })
  }))

test("the engine's version is written on its jobs", () =>
  withEngine(
    async ({ rows, client, prefix }) => {
      await EmailUserJob.enqueue({ email: 'a' })
      await client.query('BEGIN')
      await EmailUserJob.enqueue({ email: 'b' }, { tx: client, version: 'pinned' })
      await EmailUserJob.enqueue({ email: 'c' }, { tx: client, prefix })
      await client.query('COMMIT')
      assert.deepEqual(await rows('SELECT version, version_rule FROM eram_jobs ORDER BY id'), [
        { version: '1.2.3', version_rule: null },
        { version: '1.2.3', version_rule: 'pinned' },
        { version: '1.2.3', version_rule: null },
      ])
    },
    { version: '1.2.3' },
  ))
