// Where the ids or the encoding of the database give out, an enqueue says so and how to repair it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'
import { withOwnDatabase } from '../support/own-database.js'

/**
 * Calls with each way to enqueue one job.
 * @param {{ url: string, prefix: string }} at
 * @param {(enqueue: (worker: string, args: any, options?: object) => Promise<any>, way: string) => Promise<void>} check
 */
async function eachWay({ url, prefix }, check) {
  const engine = await EramEngine.start({ url, prefix, logger: false })
  const { client, end } = await sql(url, prefix)
  try {
    await check((worker, args, options) => engine.enqueue(worker, args, options), 'by an engine')
    await check(async (worker, args, options) => {
      await client.query('BEGIN')
      try {
        return await engine.enqueue(worker, args, { ...options, tx: client })
      } finally {
        await client.query('COMMIT')
      }
    }, 'in a transaction')
  } finally {
    await end()
    await engine.stop()
  }
}

test('a sequence behind the ids is an error that repairs it', () =>
  withSchema(async (schema) => {
    const { rows, prefix } = schema
    await eachWay(schema, async (enqueue, way) => {
      const [{ next }] = await rows(`SELECT coalesce(max(id), 0)::int + 1 AS next FROM eram_jobs`)
      await rows(`INSERT INTO eram_jobs (id, worker, state) SELECT i, 'Old', 'completed' FROM generate_series(${next}, ${next + 20}) AS i`)
      let repair = ''
      for (const options of [{}, { unique: true }]) {
        await assert.rejects(enqueue('Sample', {}, options), (/** @type {any} */ error) => {
          assert.deepEqual([error.code, error.sqlstate], ['ERAM_DATABASE', '23505'], way)
          ;[, repair = ''] =
            /eram_jobs_pkey.*; the sequence behind eram_jobs.id is behind the ids: (SELECT .*) \(SQLSTATE/.exec(error.message) ?? []
          assert.match(repair, new RegExp(prefix))
          return true
        })
      }
      await rows(repair)
      assert.equal((await enqueue('Sample', { way }, { unique: true })).id, next + 21)
      assert.equal((await enqueue('Sample', { way })).id, next + 22)
    })
  }))

test('ids that are used up are an error that says so', () =>
  withSchema(async (schema) => {
    await schema.rows('ALTER TABLE eram_jobs ALTER COLUMN id SET MAXVALUE 2 RESTART WITH 2')
    await schema.rows(`SELECT nextval(pg_get_serial_sequence('eram_jobs', 'id'))`)
    await eachWay(schema, async (enqueue, way) => {
      for (const options of [{}, { unique: true }]) {
        const refused = { code: 'ERAM_DATABASE', sqlstate: '2200H', message: /the ids are used up: ALTER TABLE eram_jobs/ }
        await assert.rejects(enqueue('Sample', {}, options), refused, way)
      }
    })
  }))

test('ids are exact up to 2^53 - 1, and refused beyond', () =>
  withSchema(async (schema) => {
    const { rows } = schema
    await rows('ALTER TABLE eram_jobs ALTER COLUMN id RESTART WITH 9007199254740988')
    await eachWay(schema, async (enqueue, way) => {
      const job = await enqueue('Sample', { way })
      const unique = await enqueue('Sample', { way }, { unique: true })
      assert.deepEqual(
        await rows('SELECT id::text FROM eram_jobs ORDER BY id DESC LIMIT 2'),
        [unique, job].map(({ id }) => ({ id: String(id) })),
      )
    })
    await rows('ALTER TABLE eram_jobs ALTER COLUMN id SET MAXVALUE 9223372036854775807 RESTART WITH 9007199254740992')
    const before = await rows('SELECT id FROM eram_jobs')
    await eachWay(schema, async (enqueue, way) => {
      for (const options of [{}, { unique: true }]) {
        const refused = { code: 'ERAM_DATABASE', sqlstate: '2200H', message: /id: expected at most 9007199254740991 .*SELECT setval/ }
        await assert.rejects(enqueue('Sample', {}, options), refused, way)
      }
    })
    assert.deepEqual(await rows('SELECT id FROM eram_jobs'), before)
  }))

test('an id beyond 2^53 - 1, written by hand, is shown as a text', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const ids = ['9007199254740993', '9223372036854775806']
    for (const id of ids) await rows(`INSERT INTO eram_jobs (id, worker, state) VALUES (${id}, 'Old', 'completed')`)
    const engine = await EramEngine.start({ url, prefix, logger: false })
    try {
      const { jobs } = await engine.jobs.search('worker:Old')
      for (const shown of [await engine.jobs.list(), jobs])
        assert.deepEqual(
          shown.map(({ id }) => id),
          ids.toReversed(),
        )
    } finally {
      await engine.stop()
    }
  }))

const LATIN1 = `ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C'`

test('a LATIN1 database takes what it can hold, and refuses a job with other characters', () =>
  withOwnDatabase({ options: LATIN1 }, async (at) => {
    await eachWay(at, async (enqueue, way) => {
      for (const options of [{}, { unique: true }]) {
        const job = await enqueue('Sample', { text: 'é ÿ', way }, options)
        assert.equal(typeof job.id, 'number')
        const again = options.unique ? await enqueue('Sample', { text: 'é ÿ', way }, options) : undefined
        if (again) assert.deepEqual([again.id, again.args], [job.id, { text: 'é ÿ', way }])
        for (const args of [{ text: '😀' }, { '→': 1 }]) {
          const refused = { code: 'ERAM_DATABASE', sqlstate: '22P05', message: /; the encoding of the database has no such character/ }
          await assert.rejects(enqueue('Sample', args, options), refused, way)
        }
      }
    })
    const engine = await EramEngine.start({ ...at, logger: false })
    const { rows, end } = await sql(at.url, at.prefix)
    try {
      // Others of the same moment are stored.
      const each = await Promise.allSettled(['a', '😀', 'b'].map((text) => engine.enqueue('Batch', { text })))
      assert.deepEqual(
        each.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      )
      await until(async () => assert.equal((await rows(`SELECT FROM eram_jobs WHERE worker = 'Batch'`)).length, 2))
    } finally {
      await end()
      await engine.stop()
    }
  }))
