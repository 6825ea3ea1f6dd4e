// The jobs that the ticks of cron entries make, and what happens to ticks that cannot make one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sql, until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { CronTestJob, CronTestUniqueJob, entry, jobsOf, QUEUES, rewind, start, thisYear, YEARLY } from './harness.js'

test('a tick makes a job whose meta names the entry and the tick', () =>
  withEngine(
    { queues: QUEUES, version: '7', cron: [[' * * * * * ', CronTestJob, { a: 1 }, { name: 'minute', priority: 4, meta: { of: 'mine' } }]] },
    async ({ engine, schema, recordEvents }) => {
      const insertions = recordEvents('cron:insert')
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
      await until(() => assert.ok(insertions.length > 0))
      assert.deepEqual(insertions[0], {
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

test('a tick that finds its unique job enqueued settles with that job', () =>
  withEngine(
    { queues: QUEUES, cron: [[YEARLY, CronTestUniqueJob, {}, { name: 'u', guaranteed: true }]] },
    async ({ engine, schema, recordEvents }) => {
      const { id } = await CronTestUniqueJob.enqueue()
      const insertions = recordEvents('cron:insert')
      await rewind(schema, 'u')
      await until(() => assert.equal(insertions.length, 1))
      assert.deepEqual(insertions[0].job, { id, queue: 'resting', conflict: true })
      assert.deepEqual((await entry(engine, 'u')).last_at, await thisYear(schema))
      assert.equal((await schema.rows('SELECT FROM eram_jobs')).length, 1)
    },
  ))

test('a guaranteed entry makes up for the last missed tick; other entries only count missed ticks', () =>
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
      const reported = missed.map(({ name, missed: count, made_up, upto }) => [name, count, made_up, new Date(upto)])
      assert.deepEqual(reported.sort(), [
        ['plain', years, false, at],
        ['sure', years - 1, true, at],
      ])
      const [sure, plain] = [await entry(engine, 'sure'), await entry(engine, 'plain')]
      assert.deepEqual([sure.missed, plain.missed, plain.last_at], [years - 1, years, null])
      assert.deepEqual([(await jobsOf(schema, 'sure')).length, (await jobsOf(schema, 'plain')).length], [1, 0])
    },
  ))

test('a node without the job class makes the job with the options of the class', () =>
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

test('an invalid row does not stop the other entries, and its problem is reported', () =>
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
      // One exception for each tick.
      assert.equal(exceptions.length, 7)

      // Once the row is valid, its tick is made up for.
      await schema.rows(`UPDATE eram_crons SET args = '{"repaired": true}' WHERE name = 'a args'`)
      await until(async () =>
        assert.deepEqual(
          (await jobsOf(schema, 'a args')).map(({ args }) => args),
          [{ repaired: true }],
        ),
      )
    },
  ))

test('a locked row does not stop the other entries', () =>
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
