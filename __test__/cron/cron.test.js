// Cron entries: what their ticks make, what holds when the table says otherwise than the code, and what people may do to them.
// A tick is made due by setting back what is settled, in SQL; the clock is the database's and cannot be.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { fragments } from '../support/snippets.js'

/** @typedef {import('../support/database.js').Schema} Schema */

class CronTestJob extends EramJob {
  /** @param {object} args */
  async perform(args) {
    return args
  }
}
CronTestJob.register({ max_attempts: 3 })

class CronTestUniqueJob extends EramJob {
  async perform() {}
}
CronTestUniqueJob.register({ queue: 'resting', unique: { period: Infinity, fields: ['worker'], states: 'incomplete' } })

class CronTestPinnedJob extends EramJob {
  async perform() {}
}
CronTestPinnedJob.register({ version: 'pinned' })

const QUEUES = { default: 5 }
// A tick a year: those of tests come when tests want.
const YEARLY = '0 0 1 1 *'

/**
 * The last tick of a yearly entry is to come yet, as far as the table can tell.
 * @param {Schema} schema
 * @param {string} name
 */
async function rewind(schema, name) {
  const sql = `UPDATE eram_crons SET last_at = NULL, since = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day' WHERE name = $1`
  await schema.rows(sql, [name])
}

/** The jobs of an entry. @param {Schema} schema @param {string} name */
const jobsOf = (schema, name) => schema.rows(`SELECT * FROM eram_jobs WHERE meta->>'cron_name' = $1 ORDER BY id`, [name])

/** @param {any} engine @param {string} name */
const entry = async (engine, name) => (await engine.cron.list()).find((/** @type {any} */ it) => it.name === name)

/** @param {Schema} schema @param {object} [options] */
const start = (schema, options) => EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: QUEUES, logger: false, ...options })

const thisYear = async (/** @type {Schema} */ schema) => {
  const { year } = await schema.row(`SELECT extract(year FROM now() AT TIME ZONE 'UTC')::int AS year`)
  return new Date(`${year}-01-01T00:00:00Z`)
}

test('a tick makes a job that says where it comes from', () =>
  withEngine(
    { queues: QUEUES, version: '7', cron: [[' * * * * * ', CronTestJob, { a: 1 }, { name: 'minute', priority: 4, meta: { of: 'mine' } }]] },
    async ({ engine, schema, recordEvents }) => {
      const heard = recordEvents('cron:insert')
      await schema.rows(`UPDATE eram_crons SET since = date_trunc('minute', now()) - interval '1 second'`)
      const [job] = await until(async () => {
        const jobs = await jobsOf(schema, 'minute')
        assert.equal(jobs[0]?.state, 'completed')
        return jobs
      })
      assert.deepEqual(
        [job.worker, job.args, job.result, job.priority, job.max_attempts, job.version],
        ['CronTestJob', { a: 1 }, { a: 1 }, 4, 3, '7'],
      )
      const { cron_at, ...meta } = job.meta
      assert.deepEqual(meta, { of: 'mine', cron: true, cron_name: 'minute', cron_expr: '* * * * *', cron_tz: 'Etc/UTC' })
      assert.match(cron_at, /:00\.000000Z$/)
      assert.ok(job.inserted_at >= new Date(cron_at), `${job.inserted_at} is before ${cron_at}`)
      await until(() => assert.ok(heard.length > 0))
      assert.deepEqual(heard[0], {
        event: 'cron:insert',
        name: 'minute',
        worker: 'CronTestJob',
        at: cron_at,
        late: false,
        job: { id: Number(job.id), queue: 'default', conflict: false },
      })
      const row = await entry(engine, 'minute')
      // The minute may have turned meanwhile.
      assert.ok(row.last_at >= new Date(cron_at))
      assert.equal(+row.next_at - +row.last_at, 60_000)
    },
  ))

test('a unique job that is there is met, and the tick is settled', () =>
  withEngine(
    { queues: QUEUES, cron: [[YEARLY, CronTestUniqueJob, {}, { name: 'u', guaranteed: true }]] },
    async ({ engine, schema, recordEvents }) => {
      const { id } = await CronTestUniqueJob.enqueue()
      const heard = recordEvents('cron:insert')
      await rewind(schema, 'u')
      await until(() => assert.equal(heard.length, 1))
      assert.deepEqual(heard[0].job, { id, queue: 'resting', conflict: true })
      assert.deepEqual((await entry(engine, 'u')).last_at, await thisYear(schema))
      assert.equal((await schema.rows('SELECT FROM eram_jobs')).length, 1)
    },
  ))

test('of missed ticks a guaranteed entry makes the last, others count them', () =>
  withEngine(
    {
      queues: QUEUES,
      cron: [
        [YEARLY, CronTestJob, {}, { name: 'sure', guaranteed: true }],
        [YEARLY, CronTestJob, {}, { name: 'plain' }],
      ],
    },
    async ({ engine, schema, recordEvents }) => {
      const [inserted, missed] = [recordEvents('cron:insert'), recordEvents('cron:missed')]
      await schema.rows(`UPDATE eram_crons SET since = '2019-06-01T00:00:00Z'`)
      const at = await thisYear(schema)
      const years = at.getUTCFullYear() - 2019
      await until(() => assert.deepEqual([inserted.length, missed.length], [1, 2]))
      assert.deepEqual([inserted[0].name, new Date(inserted[0].at), inserted[0].late], ['sure', at, true])
      const told = missed.map(({ name, missed: count, made_up, upto }) => [name, count, made_up, new Date(upto)])
      assert.deepEqual(told.sort(), [
        ['plain', years, false, at],
        ['sure', years - 1, true, at],
      ])
      const [sure, plain] = [await entry(engine, 'sure'), await entry(engine, 'plain')]
      assert.deepEqual([sure.missed, plain.missed, plain.last_at], [years - 1, years, null])
      assert.deepEqual([(await jobsOf(schema, 'sure')).length, (await jobsOf(schema, 'plain')).length], [1, 0])
    },
  ))

test('the table speaks for itself: a node without the class makes the job, with the options of the class', () =>
  withSchema(async (schema) => {
    const options = JSON.stringify({ name: 'ElsewhereJob', filename: '/elsewhere.js', queue: 'far', max_attempts: 7, tags: ['t'] })
    await schema.rows(`INSERT INTO eram_workers (worker, options) VALUES ('ElsewhereJob', $1)`, [options])
    const engine = await start(schema)
    try {
      await engine.cron.insert({ schedule: YEARLY, job: 'ElsewhereJob', args: { big: 1 }, name: 'far', guaranteed: true, priority: 2 })
      await rewind(schema, 'far')
      const [job] = await until(async () => {
        const jobs = await jobsOf(schema, 'far')
        assert.equal(jobs.length, 1)
        return jobs
      })
      assert.deepEqual([job.queue, job.max_attempts, job.tags, job.priority, job.args], ['far', 7, ['t'], 2, { big: 1 }])
    } finally {
      await engine.stop({ grace: 0 })
    }
  }))

test('a row that was written badly by hand does not stop the others, and says what is wrong', () =>
  withEngine(
    { queues: QUEUES, cron: [[YEARLY, CronTestJob, {}, { name: 'good', guaranteed: true }]] },
    async ({ engine, schema, recordEvents }) => {
      const exceptions = recordEvents('cron:exception')
      await schema.rows(`INSERT INTO eram_crons (name, expression, timezone, worker, args, options, guaranteed, since) VALUES
      ('a expression', '61 * * * *', 'Etc/UTC', 'CronTestJob', '{}', '{}', true, '2020-01-01'),
      ('a zone', '${YEARLY}', 'Mars/Base', 'CronTestJob', '{}', '{}', true, '2020-01-01'),
      ('a args', '${YEARLY}', 'Etc/UTC', 'CronTestJob', '[1]', '{}', true, '2020-01-01'),
      ('a options', '${YEARLY}', 'Etc/UTC', 'CronTestJob', '{}', '{"priorty": 1}', true, '2020-01-01'),
      ('a shape', '${YEARLY}', 'Etc/UTC', 'CronTestJob', '{}', '[]', true, '2020-01-01'),
      ('a worker', '${YEARLY}', 'Etc/UTC', '', '{}', '{}', true, '2020-01-01'),
      ('a day', '0 0 30 FEB *', 'Etc/UTC', 'CronTestJob', '{}', '{}', true, '2020-01-01')`)
      await rewind(schema, 'good')
      await until(async () => assert.equal((await jobsOf(schema, 'good')).length, 1))
      await until(() => assert.equal(new Set(exceptions.map(({ name }) => name)).size, 7))
      const messages = Object.fromEntries(exceptions.map(({ name, message }) => [name, message]))
      assert.match(messages['a expression'], /^schedule: expected 0 to 59 in the minute field, got "61"$/)
      assert.match(messages['a zone'], /^timezone: expected the name of a time zone such as "Europe\/Berlin", got "Mars\/Base"$/)
      assert.match(messages['a args'], /args: expected an object, got \[1\]/)
      assert.match(messages['a options'], /unknown option "priorty", did you mean "priority"\?$/)
      assert.match(messages['a day'], /expected a day and a month that go together/)
      const problems = (await engine.cron.list())
        .filter((/** @type {any} */ it) => it.problem !== null)
        .map((/** @type {any} */ it) => it.name)
      assert.deepEqual(problems, ['a day', 'a expression', 'a options', 'a shape', 'a worker', 'a zone'])
      // Each is told once for a tick.
      assert.equal(exceptions.length, 7)

      // Mended, it is made up for.
      await schema.rows(`UPDATE eram_crons SET args = '{"mended": true}' WHERE name = 'a args'`)
      await until(async () =>
        assert.deepEqual(
          (await jobsOf(schema, 'a args')).map(({ args }) => args),
          [{ mended: true }],
        ),
      )
    },
  ))

test('a row that somebody holds does not stop the others', () =>
  withEngine(
    { queues: QUEUES, cron: ['a', 'b', 'c', 'd', 'e'].map((name) => [YEARLY, CronTestJob, {}, { name, guaranteed: true }]) },
    async ({ schema }) => {
      const other = await sql(schema.url, schema.prefix)
      try {
        for (const name of ['a', 'b', 'c', 'd', 'e']) await rewind(schema, name)
        await until(async () => assert.equal((await schema.rows('SELECT FROM eram_jobs')).length, 5))
        await other.rows('BEGIN')
        await other.rows(`SELECT FROM eram_crons WHERE name < 'e' FOR UPDATE`)
        await rewind(schema, 'e')
        await until(async () => assert.equal((await jobsOf(schema, 'e')).length, 2))
      } finally {
        await other.end()
      }
    },
  ))

describe('an entry of the code', () => {
  test('keeps what was changed at runtime, and follows the code in the rest', () =>
    withSchema(async (schema) => {
      const code = (/** @type {object} */ options, args = { v: 1 }) => ({
        cron: [['0 8 * * *', CronTestJob, args, { name: 'n', ...options }]],
      })
      let engine = await start(schema, code({ priority: 1 }))
      await engine.cron.update('n', { schedule: '0 9 * * *', paused: true })
      await engine.stop({ grace: 0 })
      engine = await start(schema, code({ priority: 2, timezone: 'Europe/Berlin' }, { v: 2 }))
      const row = await entry(engine, 'n')
      assert.deepEqual(
        [row.expression, row.paused, row.timezone, row.args, row.options, row.source],
        ['0 9 * * *', true, 'Europe/Berlin', { v: 2 }, { priority: 2 }, 'code'],
      )
      // Deleted, it comes back as the code has it.
      await engine.cron.delete('n')
      assert.equal(await entry(engine, 'n'), undefined)
      await engine.stop({ grace: 0 })
      engine = await start(schema, code({}))
      const { expression, paused } = await entry(engine, 'n')
      assert.deepEqual([expression, paused], ['0 8 * * *', false])
      await engine.stop({ grace: 0 })
    }))

  test('that no node has any more is ticked no longer, and goes on where it was when one has it again', () =>
    withSchema(async (schema) => {
      const first = await start(schema, { cron: [[YEARLY, CronTestJob, {}, { name: 'gone', guaranteed: true }]] })
      await first.cron.insert([YEARLY, CronTestJob, {}, { name: 'runtime', guaranteed: true }])
      await first.stop({ grace: 0 })
      await schema.rows(`UPDATE eram_crons SET seen_at = now() - interval '4 minutes'`)
      let engine = await start(schema, { cron: [[YEARLY, CronTestJob, {}, { name: 'here', guaranteed: true }]] })
      for (const name of ['gone', 'runtime', 'here']) await rewind(schema, name)
      await until(async () => {
        for (const name of ['here', 'runtime']) assert.equal((await jobsOf(schema, name)).length, 1)
      })
      assert.equal((await jobsOf(schema, 'gone')).length, 0)
      const { active, next_at } = await entry(engine, 'gone')
      assert.deepEqual([active, next_at], [false, null])
      await engine.stop({ grace: 0 })

      engine = await start(schema, { cron: [[YEARLY, CronTestJob, {}, { name: 'gone', guaranteed: true }]] })
      await until(async () => assert.equal((await jobsOf(schema, 'gone')).length, 1))
      await engine.stop({ grace: 0 })
    }))

  test('is not ticked by a node with cron: false', () =>
    withSchema(async (schema) => {
      const engine = await start(schema, { cron: false })
      await engine.cron.insert([YEARLY, CronTestJob, {}, { name: 'n', guaranteed: true }])
      await rewind(schema, 'n')
      const other = await start(schema, { name: 'other', cron: false })
      await other.stop({ grace: 0 })
      assert.equal((await jobsOf(schema, 'n')).length, 0)
      const ticking = await start(schema, { name: 'ticking' })
      await until(async () => assert.equal((await jobsOf(schema, 'n')).length, 1))
      await Promise.all([engine.stop({ grace: 0 }), ticking.stop({ grace: 0 })])
    }))
})

describe('engine.cron', () => {
  test('pauses without missing, and resumes', () =>
    withEngine({ queues: QUEUES }, async ({ engine, schema, recordEvents }) => {
      const missed = recordEvents('cron:missed')
      await engine.cron.insert([YEARLY, CronTestJob, {}, { name: 'p', guaranteed: true }])
      assert.deepEqual(await engine.cron.pause('p').then((/** @type {any} */ { paused, next_at }) => [paused, next_at]), [true, null])
      await rewind(schema, 'p')
      await engine.cron.insert([YEARLY, CronTestJob, {}, { name: 'probe', guaranteed: true }])
      await rewind(schema, 'probe')
      await until(async () => assert.equal((await jobsOf(schema, 'probe')).length, 1))
      assert.equal((await jobsOf(schema, 'p')).length, 0)
      // What came in between is not made up for.
      const row = await engine.cron.resume('p')
      assert.ok(!row.paused && row.next_at !== null && row.next_at > new Date())
      await rewind(schema, 'probe')
      await until(async () => assert.equal((await jobsOf(schema, 'probe')).length, 2))
      assert.equal((await jobsOf(schema, 'p')).length, 0)
      assert.deepEqual(missed, [])
    }))

  test('runs an entry now, whatever its ticks and pause', () =>
    withEngine({ queues: QUEUES }, async ({ engine, schema, waitForState }) => {
      await engine.cron.insert([YEARLY, CronTestJob, { big: 'x' }, { name: 'r', paused: true }])
      const before = await entry(engine, 'r')
      const job = await engine.cron.run('r')
      assert.deepEqual([job.conflict, job.worker, job.args, job.queue], [false, 'CronTestJob', { big: 'x' }, 'default'])
      const row = await waitForState(job.id, 'completed')
      assert.deepEqual([row.meta.cron, row.meta.cron_manual, row.meta.cron_name, row.result], [true, true, 'r', { big: 'x' }])
      assert.ok(job.inserted_at instanceof Date)
      assert.deepEqual(await entry(engine, 'r'), before)
      assert.equal((await schema.rows('SELECT FROM eram_jobs')).length, 1)
    }))

  test('inserts once, upserts again, updates members', () =>
    withEngine({ queues: QUEUES, timezone: 'Asia/Tokyo' }, async ({ engine }) => {
      const made = await engine.cron.insert({ schedule: '0 8 * * *', job: CronTestJob, args: { a: 1 }, queue: 'x' })
      assert.deepEqual([made.worker, made.timezone, made.source, made.active], ['CronTestJob', 'Asia/Tokyo', 'runtime', true])
      await assert.rejects(engine.cron.insert({ schedule: '0 8 * * *', job: CronTestJob, args: { a: 1 }, queue: 'x' }), {
        code: 'ERAM_CONFLICT',
        message: /^cron\.insert: expected a name that no entry has, got "CronTestJob 0 8 \* \* \* Asia\/Tokyo #/,
      })
      const again = await engine.cron.upsert({ schedule: '0 9 * * *', job: CronTestJob, name: made.name, unique: { period: Infinity } })
      assert.deepEqual([again.expression, again.args, again.options], ['0 9 * * *', {}, { unique: { period: 'infinity' } }])
      const changed = await engine.cron.update(made.name, { unique: null, priority: 3, args: { b: 2 }, guaranteed: true })
      assert.deepEqual(
        [changed.expression, changed.args, changed.options, changed.guaranteed],
        ['0 9 * * *', { b: 2 }, { priority: 3 }, true],
      )
      // Changes of different members, at once.
      await Promise.all(
        Array.from({ length: 9 }, (_, i) =>
          engine.cron.update(made.name, [{ priority: i }, { queue: `q${i}` }, { tags: [`${i}`] }][i % 3] ?? {}),
        ),
      )
      const { options } = await entry(engine, made.name)
      assert.deepEqual(Object.keys(options).sort(), ['priority', 'queue', 'tags'])
      await engine.cron.delete(made.name)
      assert.deepEqual(await engine.cron.list(), [])
    }))

  test('refuses what cannot be, and says what was expected', () =>
    withEngine({ queues: QUEUES, cron: [[YEARLY, CronTestJob, {}, { name: 'reports' }]] }, async ({ engine }) => {
      const before = await engine.cron.list()
      /** @type {[() => Promise<unknown>, string, RegExp][]} */
      const cases = [
        [
          () => engine.cron.insert(['61 * * * *', CronTestJob]),
          'ERAM_CONFIG',
          /^cron\.insert\[0\]: expected 0 to 59 in the minute field, got "61"$/,
        ],
        [
          () => engine.cron.insert(['0 0 30 FEB *', CronTestJob]),
          'ERAM_CONFIG',
          /^cron\.insert\[0\]: expected a day and a month that go together/,
        ],
        [
          () => engine.cron.insert(['5-1 * * * *', CronTestJob]),
          'ERAM_CONFIG',
          /^cron\.insert\[0\]: expected a range that ascends in the minute field, got "5-1"$/,
        ],
        [
          () => engine.cron.insert(/** @type {any} */ ('@daily')),
          'ERAM_CONFIG',
          /^cron\.insert: expected \[expression, job, args\?, options\?\] or/,
        ],
        [
          () => engine.cron.upsert({ schedule: '@daily', job: 'X', priorty: 1 }),
          'ERAM_CONFIG',
          /^cron\.upsert: unknown option "priorty", did you mean "priority"\?$/,
        ],
        [
          () => engine.cron.upsert(/** @type {any} */ ({ schedule: '@daily', job: 5 })),
          'ERAM_CONFIG',
          /^cron\.upsert\.job: expected a job class or its name, got 5$/,
        ],
        [
          () => engine.cron.update('reports', { timezone: 'Europe/Berln' }),
          'ERAM_CONFIG',
          /^cron\.update\.timezone: .*did you mean "Europe\/Berlin"\?$/,
        ],
        [() => engine.cron.update('reports', /** @type {any} */ ({ name: 'x' })), 'ERAM_CONFIG', /^cron\.update: unknown option "name"/],
        [
          () => engine.cron.update('reports', /** @type {any} */ (null)),
          'ERAM_CONFIG',
          /^cron\.update: changes: expected an object, got null$/,
        ],
        [
          () => engine.cron.update('report', {}),
          'ERAM_NOT_FOUND',
          /^cron\.update: expected the name of an entry, got "report", did you mean "reports"\?$/,
        ],
        [() => engine.cron.pause('x'), 'ERAM_NOT_FOUND', /^cron\.pause: expected the name of an entry, got "x"$/],
        [() => engine.cron.resume('x'), 'ERAM_NOT_FOUND', /^cron\.resume: /],
        [() => engine.cron.delete('x'), 'ERAM_NOT_FOUND', /^cron\.delete: /],
        [() => engine.cron.run('x'), 'ERAM_NOT_FOUND', /^cron\.run: /],
        [() => engine.cron.pause(/** @type {any} */ (5)), 'ERAM_CONFIG', /^cron\.pause: expected the name of an entry, got 5$/],
        [() => engine.cron.next('* * * *'), 'ERAM_CONFIG', /^cron\.next\.expression: expected five fields/],
        [() => engine.cron.next('@daily', { timezone: 'Mars' }), 'ERAM_CONFIG', /^cron\.next\.timezone: expected the name of a time zone/],
        [() => engine.cron.next('@daily', { count: 0 }), 'ERAM_CONFIG', /^cron\.next\.count: expected a positive integer, got 0$/],
        [
          () => engine.cron.next('@daily', { after: 'soon' }),
          'ERAM_CONFIG',
          /^cron\.next\.after: expected an ISO 8601 instant, got "soon"$/,
        ],
        [() => engine.cron.next('@daily', /** @type {any} */ ({ limit: 2 })), 'ERAM_CONFIG', /^cron\.next: unknown option "limit"/],
      ]
      for (const [call, code, message] of cases) await assert.rejects(async () => call(), { code, message })
      assert.deepEqual(await engine.cron.list(), before)
    }))

  test('works from inside a job', () =>
    withEngine({ queues: { thread: 1, process: 1 } }, async ({ engine, runToCompletion }) => {
      const { CronControlJob, CronControlProcessJob } = await import('../support/fixtures/files/cron-control.js')
      for (const type of [CronControlJob, CronControlProcessJob]) {
        const row = await runToCompletion(type, { name: type.name })
        assert.deepEqual(
          [row.state, row.result],
          ['completed', { names: [type.name], next: '2030-01-01T00:00:00.000Z' }],
          JSON.stringify(row.errors),
        )
        await engine.cron.delete(type.name)
      }
    }))
})

test('the guide runs as it stands', () =>
  withSchema(async (schema) => {
    class EmailUserJob extends EramJob {
      async perform() {}
    }
    EmailUserJob.register({})
    const text = fragments('docs/guides/cron.md').map((fragment) => fragment.text)
    const body = text.join('\n').replace('EramEngine.start({', `EramEngine.start({ url, prefix,`)
    const AsyncFunction = /** @type {any} */ ((async () => {}).constructor)
    const run = new AsyncFunction('EramEngine', 'EmailUserJob', 'console', 'url', 'prefix', `${body}\nreturn engine`)
    /** @type {any[][]} */
    const printed = []
    const console = { log: (/** @type {any[]} */ ...words) => printed.push(words) }
    const engine = await run(EramEngine, EmailUserJob, console, schema.url, schema.prefix)
    const [times = [], ...entries] = printed
    assert.equal(times[0].length, 3)
    const names = ['daily mail', 'EmailUserJob 0 8 * * MON-FRI Europe/Berlin #', 'report 17', 'sweep']
    const sorted = (/** @type {string[]} */ all) => all.map((name) => name.replace(/#.*/, '#')).sort()
    assert.deepEqual(sorted(entries.map(([name]) => name)), sorted(names))
    assert.deepEqual(
      sorted((await engine.cron.list()).map((/** @type {any} */ it) => it.name)),
      sorted(names.filter((name) => name !== 'report 17')),
    )
    assert.equal((await jobsOf(schema, 'sweep')).length, 1)
    await engine.stop({ grace: 0 })
  }))

describe('@reboot', () => {
  const CRON = { heartbeat_interval: 200, cron: [['@reboot', CronTestJob, {}, { name: 'boot' }]] }

  test('comes when a cluster starts, and not when a node joins or another is gone', () =>
    withSchema(async (schema) => {
      const count = async () => (await jobsOf(schema, 'boot')).length
      const first = await start(schema, CRON)
      await until(async () => assert.equal(await count(), 1))
      // The first has been heard of after the second began: the cluster goes on.
      const second = await start(schema, { ...CRON, name: 'second' })
      await decided(schema, second)
      assert.equal(await count(), 1)
      await first.stop({ grace: 0 })
      await decided(schema, second)
      assert.equal(await count(), 1)
      await second.stop({ grace: 0 })
      // Nobody is left: the next one is the first again.
      const third = await start(schema, CRON)
      await until(async () => assert.equal(await count(), 2))
      await third.stop({ grace: 0 })
    }))

  test('waits for what may be alive yet, and comes when that turns out to be dead', () =>
    withSchema(async (schema) => {
      await schema.rows(`INSERT INTO eram_producers (uuid, name, node, queue, job_limit, started_at, updated_at)
        VALUES (gen_random_uuid(), 'default', 'killed', 'default', 1, now() - interval '1 hour', now() - interval '17 seconds')`)
      const engine = await start(schema, { ...CRON, lifeline: false })
      assert.equal((await jobsOf(schema, 'boot')).length, 0)
      await until(async () => assert.equal((await jobsOf(schema, 'boot')).length, 1))
      const { silent } = await schema.row(
        `SELECT extract(epoch FROM now() - updated_at)::int AS silent FROM eram_producers WHERE node = 'killed'`,
      )
      assert.ok(silent >= 20, `${silent} s`)
      await engine.stop({ grace: 0 })
    }))

  test('comes once for each version, in whatever order nodes start', () =>
    withSchema(async (schema) => {
      const engines = []
      for (const [name, version, expected] of [
        ['a', '1', 1],
        ['b', '1', 1],
        ['c', '2', 2],
        ['d', '1', 2],
        ['e', '2', 2],
      ]) {
        const engine = await start(schema, { ...CRON, name, version })
        engines.push(engine)
        await until(async () => assert.equal((await jobsOf(schema, 'boot')).length, expected))
        await decided(schema, engine)
      }
      const versions = (await jobsOf(schema, 'boot')).map(({ version }) => version)
      assert.deepEqual(versions, ['1', '2'])
      await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
    }))

  test('comes once when many nodes start a cluster together', () =>
    withSchema(async (schema) => {
      const engines = await Promise.all(['a', 'b', 'c', 'd'].map((name) => start(schema, { ...CRON, name })))
      await until(async () => assert.equal((await jobsOf(schema, 'boot')).length, 1))
      for (const engine of engines) await decided(schema, engine)
      assert.equal((await jobsOf(schema, 'boot')).length, 1)
      await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
    }))

  /**
   * The engine has decided about its start: everybody else was heard of since, and it has looked at all entries after that.
   * @param {Schema} schema
   * @param {any} engine
   */
  async function decided(schema, engine) {
    await until(async () => {
      const { heard } = await schema.row(
        `SELECT bool_and(updated_at > (SELECT max(started_at) FROM eram_producers WHERE name = $1)) AS heard
         FROM eram_producers WHERE name <> $1`,
        [engine.name],
      )
      assert.notEqual(heard, false)
    })
    /** @type {string[]} */
    const made = []
    engine.on('cron:insert', (/** @type {any} */ { name }) => made.push(name))
    await engine.cron.upsert([YEARLY, CronTestJob, {}, { name: 'probe', guaranteed: true }])
    await until(async () => {
      await rewind(schema, 'probe')
      assert.ok(made.includes('probe'))
    })
  }
})

test('an entry whose jobs are pinned to a version is refused by an engine without one', () =>
  withSchema(async (schema) => {
    /** @type {[any, string][]} */
    const entries = [
      [[YEARLY, CronTestPinnedJob], "CronTestPinnedJob has version: 'pinned'"],
      [[YEARLY, CronTestJob, {}, { version: 'min' }], "CronTestJob has version: 'min'"],
      [{ schedule: YEARLY, job: 'CronTestUnknownJob', version: 'pinned' }, "CronTestUnknownJob has version: 'pinned'"],
    ]
    for (const [entry, why] of entries)
      await assert.rejects(start(schema, { cron: [[YEARLY, CronTestJob], entry] }), {
        code: 'ERAM_CONFIG',
        message: `cron[1]: expected an engine with a version, EramEngine.start({ version: '…' }), for ${why}; got none`,
      })
    const loose = [YEARLY, CronTestPinnedJob, {}, { version: false, name: 'loose' }]
    const free = await start(schema, { cron: [loose] })
    await free.stop()
    const engine = await start(schema, { version: '1', cron: [...entries.map(([entry]) => entry), loose] })
    try {
      assert.equal((await engine.cron.list()).length, 4)
    } finally {
      await engine.stop()
    }
  }))
