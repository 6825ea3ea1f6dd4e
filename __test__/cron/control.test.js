// engine.cron: cron entries that are changed at runtime.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { CronTestJob, entry, jobsOf, QUEUES, rewind, YEARLY } from './harness.js'

describe('engine.cron', () => {
  test('pauses an entry without missed ticks, and resumes it', () =>
    withEngine({ queues: QUEUES }, async ({ engine, schema, recordEvents }) => {
      const missed = recordEvents('cron:missed')
      await engine.cron.insert([YEARLY, CronTestJob, {}, { name: 'p', guaranteed: true }])
      assert.deepEqual(await engine.cron.pause('p').then((/** @type {any} */ { paused, next_at }) => [paused, next_at]), [true, null])
      await rewind(schema, 'p')
      await engine.cron.insert([YEARLY, CronTestJob, {}, { name: 'probe', guaranteed: true }])
      await rewind(schema, 'probe')
      await until(async () => assert.equal((await jobsOf(schema, 'probe')).length, 1))
      assert.equal((await jobsOf(schema, 'p')).length, 0)
      // Ticks in between are not made up for.
      const row = await engine.cron.resume('p')
      assert.ok(!row.paused && row.next_at !== null && row.next_at > new Date())
      await rewind(schema, 'probe')
      await until(async () => assert.equal((await jobsOf(schema, 'probe')).length, 2))
      assert.equal((await jobsOf(schema, 'p')).length, 0)
      assert.deepEqual(missed, [])
    }))

  test('runs an entry at once, also while it is paused', () =>
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

  test('inserts an entry once, upserts it again, and updates single members', () =>
    withEngine({ queues: QUEUES, timezone: 'Asia/Tokyo' }, async ({ engine }) => {
      const made = await engine.cron.insert({ schedule: '0 8 * * *', job: CronTestJob, args: { a: 1 }, queue: 'x' })
      assert.deepEqual([made.worker, made.timezone, made.source, made.active], ['CronTestJob', 'Asia/Tokyo', 'runtime', true])
      await assert.rejects(engine.cron.insert({ schedule: '0 8 * * *', job: CronTestJob, args: { a: 1 }, queue: 'x' }), {
        code: 'ERAM_UNIQUE_CONFLICT',
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

  test('refuses invalid entries and says what was expected', () =>
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

  test('foretells nothing after the year 9999', () =>
    withEngine({ queues: {} }, async ({ engine }) => {
      const next = (/** @type {string} */ after) => engine.cron.next('@daily', { after })
      assert.deepEqual(await next('9999-12-30T12:00:00Z'), [new Date('9999-12-31T00:00:00Z')])
      assert.deepEqual(await next('9999-12-31T00:00:00Z'), [])
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
