// In a schema where others may create objects, none of ours calls theirs. Their operators and overloads fit our calls better than
// those of PostgreSQL wherever types are converted, as in CVE-2018-1058.
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { sql } from '../support/database.js'
import { hostileSchema } from '../support/hostile.js'
import { files, read } from '../support/sources.js'

/** @type {Awaited<ReturnType<typeof hostileSchema>>} */
let own

before(async () => {
  own = await hostileSchema()
})

after(() => own.drop())

/** A session with a path on which everything is to be found by chance. */
const session = () => sql(undefined, own.prefix)

/** A part of others, and a script. */
const PARTS = /\/(filter|create_clock)\.sql$/

test('no statement calls an operator or a function of another role', async () => {
  // The engine gives the types of parameters, here unknown.
  const own = await hostileSchema({ overloads: false })
  const { rows, row, end } = await sql(undefined, own.prefix)
  const probe = `probe_${own.prefix}`
  await rows(`CREATE SCHEMA ${probe}`)
  try {
    const filter = read('src/store/sql/filter.sql')
    for (const file of files('src/store/sql', '.sql')) {
      if (PARTS.test(file)) continue
      const text = read(file).replace('true /* filter */', filter).replace(/--.*$/gm, '')
      const statement = text.replace(/(?<![\w."'])eram_/g, `${own.prefix}.eram_`)
      const name = basename(file)
      await rows(`PREPARE given AS ${statement}`)
      const { types } = await row(
        `SELECT pg_catalog.array_to_string(parameter_types, ', ') AS types FROM pg_prepared_statements WHERE name::text = 'given'`,
      )
      await rows('DEALLOCATE given')
      // The server notes what the body of such a procedure uses.
      await rows(`CREATE PROCEDURE ${probe}.uses(${types}) BEGIN ATOMIC ${statement}; END`)
      const used = await rows(
        `SELECT pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0) AS used
         FROM pg_catalog.pg_depend AS d
         JOIN pg_catalog.pg_proc AS p ON p.oid = d.objid AND p.pronamespace = '${probe}'::regnamespace
         LEFT JOIN pg_catalog.pg_operator AS o ON o.oid = d.refobjid AND d.refclassid = 'pg_operator'::regclass::oid
         LEFT JOIN pg_catalog.pg_proc AS f ON f.oid = d.refobjid AND d.refclassid = 'pg_proc'::regclass::oid
         WHERE pg_catalog.pg_get_userbyid(coalesce(o.oprowner, f.proowner))::text = '${own.role}'`,
      )
      assert.deepEqual(used, [], name)
      await rows(`DROP PROCEDURE ${probe}.uses`)
    }
  } finally {
    await rows(`DROP SCHEMA ${probe} CASCADE`)
    await end()
    await own.drop()
  }
})

describe('no function of the schema calls one', () => {
  const job = { worker: 'Hostile', args: { a: 1 } }
  const all = ['args', 'meta', 'tags', 'queue', 'worker', 'priority', 'max_attempts', 'scheduled_at']
  const drafts = {
    plain: [
      job,
      {
        ...job,
        queue: 'q',
        priority: 3,
        max_attempts: 2,
        tags: ['x'],
        meta: { m: 1 },
        timeout: 100,
        version: '1',
        version_rule: 'min',
        backoff: 'exp',
      },
    ],
    scheduled: [
      { ...job, schedule_in: 1 },
      { ...job, scheduled_at: '2035-01-01T00:00:00Z' },
      { ...job, state: 'suspended' },
    ],
    'silent, and with a context': [
      { ...job, notify: false },
      { ...job, context: { trace: { a: 'b' } }, meta: { m: 1 } },
    ],
    unique: [
      { ...job, unique: true },
      { ...job, unique: true },
      { ...job, unique: { period: 60, keys: ['a'], fields: ['args', 'meta'], timestamp: 'scheduled_at' } },
      job,
    ],
    'in a sliding window': [
      { ...job, unique: { period: 60, window: 'sliding' } },
      { ...job, unique: { period: 60, window: 'sliding' } },
    ],
    replacing: [
      { ...job, unique: { replace: all } },
      { ...job, unique: { replace: all } },
      { ...job, unique: { replace: { available: ['args'] } } },
    ],
  }

  for (const [what, list] of Object.entries(drafts)) {
    test(`in an enqueue of jobs that are ${what}`, async () => {
      const { rows, end } = await session()
      try {
        await rows('SELECT eram_enqueue($1)', [JSON.stringify(list)])
        for (const draft of list) {
          await rows('SELECT * FROM eram_enqueue_job($1::jsonb)', [JSON.stringify(draft)])
          await rows('SELECT * FROM eram_enqueue_jobs($1::jsonb, true)', [JSON.stringify([draft])])
        }
      } finally {
        await end()
      }
    })
  }

  test('in a refusal', async () => {
    const { rows, end } = await session()
    const wrong = [
      {}, { color: 1 }, { worker: '' }, { args: 1 }, { queue: 1 }, { priority: 10 }, { max_attempts: 0 }, { tags: [1] }, { meta: 1 },
      { meta: { context: 1 } }, { context: 1 }, { context: { a: {} } }, { schedule_in: -1 }, { schedule_in: 'x' },
      { schedule_in: 1, scheduled_at: '2035-01-01Z' }, { scheduled_at: 'infinity' }, { scheduled_at: 'x' }, { state: 'x' }, { timeout: -1 },
      { version: 1 }, { version_rule: 'x' }, { unique: 1 }, { unique: { period: 'x' } }, { unique: { states: ['executing'] } },
    ] // biome-ignore format: a list
    try {
      for (const options of wrong) {
        const draft = Object.keys(options).length === 0 ? options : { ...job, ...options }
        await assert.rejects(rows('SELECT eram_enqueue($1)', [JSON.stringify([draft])]), /^error: eram: jobs\[0\]/, JSON.stringify(options))
      }
      await assert.rejects(rows(`SELECT eram_enqueue('1')`), /^error: eram: jobs: expected/)
      await assert.rejects(rows(`SELECT eram_notify('%'::text, '1'::jsonb)`), /^error: eram: channel/)
    } finally {
      await end()
    }
  })

  test('in what reads and notifies', async () => {
    const { rows, end } = await session()
    try {
      await rows(`SELECT eram_notify('a'::text, '{"b": 1}'::jsonb), eram_rouse(), eram_rouse_sleepers(), eram_begin_sleep(), eram_end_sleep(),
        eram_queue_depth('default'::text), eram_queue_latency('default'::text), eram_obstacles()`)
      await rows(`INSERT INTO eram_crons (name, expression, worker) VALUES ('c', '* * * * *', 'Hostile')`)
      await rows('UPDATE eram_crons SET paused = true')
      await rows('UPDATE eram_crons SET paused = false, last_at = NULL')
      await rows('DELETE FROM eram_crons')
    } finally {
      await end()
    }
  })
})
