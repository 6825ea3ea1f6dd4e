// eramjs/jobs runs as it was written: its examples with a Pool and with a Client, its listeners, its shapes, and its guide, by import
// and by require.
import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import pg from 'pg'
import { EramError } from '../../index.js'
import { ATTEMPT_STATUS, BACKOFF_STRATEGY, defineJob, JOB_STATUS, Jobs } from '../../integrations/jobs/index.js'
import { until, withSchema } from '../support/database.js'
import { finished, LIBRARIES, project, snippets, TSCONFIG } from '../support/snippets.js'

/** @typedef {import('../support/database.js').Schema} Schema */
/** @typedef {import('../../integrations/jobs/index.js').Job} Job */

/**
 * @param {Record<string, any>} options
 * @param {(it: { jobs: Jobs, db: pg.Pool, schema: Schema }) => Promise<void>} scenario
 */
const withJobs = (options, scenario) =>
  withSchema(async (schema) => {
    const db = new pg.Pool({ connectionString: schema.url })
    const jobs = new Jobs({ db, prefix: schema.prefix, ...options })
    try {
      await scenario({ jobs, db, schema })
    } finally {
      await jobs.stop()
      await db.end()
    }
  })

/** @param {Jobs} jobs @param {string} uid @param {Job['status']} status */
const ended = (jobs, uid, status) =>
  until(async () => {
    const found = await jobs.find(uid, true)
    assert.equal(found.job.status, status)
    return found
  })

/** As the interface says it. @param {Job} job */
const SHAPE = (job) =>
  Object.entries(job).map(([key, value]) => [key, value instanceof Date ? 'Date' : value === null ? 'null' : typeof value])

/** @returns {any} */
function withResolvers() {
  let resolve
  const promise = new Promise((done) => {
    resolve = done
  })
  return { promise, resolve }
}

test('the words are constants', () => {
  assert.deepEqual(JOB_STATUS, { PENDING: 'pending', RUNNING: 'running', COMPLETED: 'completed', FAILED: 'failed' })
  assert.deepEqual(ATTEMPT_STATUS, { SUCCESS: 'success', ERROR: 'error' })
  assert.deepEqual(BACKOFF_STRATEGY, { NONE: 'none', EXP: 'exp' })
})

describe('the basic usage', () => {
  test('starts, creates, listens and stops, with nothing awaited that need not be', () =>
    withSchema(
      async ({ url, prefix }) => {
        const db = new pg.Pool({ connectionString: url })
        /** @type {Job[]} */
        const handled = []
        const jobs = new Jobs({
          db,
          prefix,
          jobHandler(job) {
            handled.push(job)
            return { bar: job.payload.foo }
          },
        })
        jobs.start(2)
        /** @type {Job[]} */
        const succeeded = []
        jobs.onSuccess('my_job_type', (job) => succeeded.push(job))
        const job = await jobs.create('my_job_type', { foo: 'bar' }, { max_attempts: 3, backoff_strategy: 'none' })
        assert.deepEqual(
          [job.uid, job.type, job.payload, job.status, job.attempts, job.max_attempts, job.backoff_strategy, job.result],
          [String(job.id), 'my_job_type', { foo: 'bar' }, 'pending', 0, 3, 'none', null],
        )
        const { job: done, attempts } = await ended(jobs, job.uid, 'completed')
        assert.deepEqual([done.result, done.attempts, attempts?.length], [{ bar: 'bar' }, 1, 1])
        await until(() => assert.equal(succeeded.length, 1))
        assert.deepEqual([succeeded[0]?.uid, succeeded[0]?.result, succeeded[0]?.status], [job.uid, { bar: 'bar' }, 'completed'])
        assert.deepEqual([handled[0]?.uid, handled[0]?.status, handled[0]?.attempts], [job.uid, 'running', 1])
        await jobs.stop()
        await db.end()
      },
      // The tables are made by the first that needs them.
      { migrate: false },
    ))

  test('takes a Client, and creates in its transaction', () =>
    withSchema(async ({ url, prefix, rows }) => {
      const db = new pg.Client({ connectionString: url })
      await db.connect()
      const jobs = new Jobs({ db, prefix, jobHandler: ({ payload }) => payload })
      await jobs.start(1)
      await db.query('BEGIN')
      await jobs.create('undone')
      await db.query('ROLLBACK')
      await db.query('BEGIN')
      const kept = await jobs.create('kept', { a: 1 })
      await db.query('COMMIT')
      assert.deepEqual((await ended(jobs, kept.uid, 'completed')).job.result, { a: 1 })
      assert.equal((await rows('SELECT id FROM eram_jobs')).length, 1)
      await jobs.stop()
      await db.end()
    }))

  test('a job that is created before start, or by another instance, waits; stop waits for running jobs; start may follow', () => {
    const begun = withResolvers()
    const released = withResolvers()
    const jobHandler = () => {
      begun.resolve(undefined)
      return released.promise
    }
    return withJobs({ name: 'mine', jobHandler }, async ({ jobs, db, schema }) => {
      const other = new Jobs({ db, prefix: schema.prefix, name: 'mine' })
      const { uid } = await other.create('slow')
      assert.equal((await jobs.find(uid)).job.status, 'pending')
      await assert.rejects(other.start(), { code: 'ERAM_CONFIG', message: /jobHandler: expected a function, to start with/ })
      await jobs.start()
      await begun.promise
      assert.equal((await jobs.find(uid)).job.status, 'running')
      const stopped = jobs.stop()
      released.resolve({ released: true })
      await stopped
      assert.equal((await jobs.find(uid)).job.status, 'completed')
      await jobs.start(1)
      await ended(jobs, (await jobs.create('again')).uid, 'completed')
    })
  })
})

test('onSuccess, onFailure and onAttempt are called by type, onFailure once the attempts are used up', () =>
  withJobs(
    {
      jobHandler(/** @type {Job} */ job) {
        if (job.payload.fail) throw new TypeError('not today')
      },
    },
    async ({ jobs }) => {
      /** @type {any[]} */
      const calls = []
      const note = (/** @type {string} */ name) => (/** @type {Job} */ job) => calls.push([name, job.type, job.status, job.attempts])
      jobs.onSuccess(['good', 'better'], note('success'))
      jobs.onFailure('bad', note('failure'))
      const off = jobs.onAttempt('bad', note('attempt'))
      await jobs.start()
      await Promise.all([jobs.create('good'), jobs.create('better'), jobs.create('best')])
      const { uid } = await jobs.create('bad', { fail: true }, { max_attempts: 2, backoff_strategy: 'none' })
      const { job, attempts } = await ended(jobs, uid, 'failed')
      await until(() =>
        assert.deepEqual(calls.map(String).sort(), [
          'attempt,bad,failed,2',
          'attempt,bad,pending,1',
          'failure,bad,failed,2',
          'success,better,completed,1',
          'success,good,completed,1',
        ]),
      )
      assert.ok(job.completed_at instanceof Date && job.updated_at >= job.created_at)
      assert.deepEqual(
        attempts?.map(({ id, job_id, attempt_number, status, error_message }) => [id, job_id, attempt_number, status, error_message]),
        [
          [1, uid, 1, 'error', 'not today'],
          [2, uid, 2, 'error', 'not today'],
        ],
      )
      assert.deepEqual([attempts?.[0]?.error_details?.name, typeof attempts?.[0]?.error_details?.stack], ['TypeError', 'string'])
      assert.ok(attempts?.every(({ started_at, completed_at }) => started_at instanceof Date && completed_at >= started_at))
      off()
      await ended(jobs, (await jobs.create('bad')).uid, 'completed')
      assert.equal(calls.length, 5)
    },
  ))

test('a job has the members of the interface, wherever it comes from', () =>
  withJobs({ jobHandler: (/** @type {Job} */ job) => ({ shape: SHAPE(job) }) }, async ({ jobs }) => {
    /** @type {Job[]} */
    const events = []
    jobs.onAttempt('a', (job) => events.push(job))
    await jobs.start()
    const created = await jobs.create('a', {}, { run_at: new Date(Date.now() - 1000) })
    const { job } = await ended(jobs, created.uid, 'completed')
    await until(() => assert.equal(events.length, 1))
    const names = [
      ['id', 'uid', 'type', 'payload', 'result', 'status', 'attempts', 'max_attempts', 'created_at', 'updated_at', 'started_at'],
      ['completed_at', 'run_at', 'backoff_strategy'],
    ].flat()
    for (const each of [created, job, events[0]]) assert.deepEqual(Object.keys(each ?? {}).sort(), [...names].sort())
    assert.deepEqual(job.result?.shape.map(([key = '']) => key).sort(), [...names].sort())
    const dates = ['created_at', 'updated_at', 'started_at', 'completed_at', 'run_at']
    for (const each of [job, events[0]])
      for (const [key, kind] of SHAPE(/** @type {Job} */ (each))) if (dates.includes(key ?? '')) assert.equal(kind, 'Date', key)
    assert.equal(job.run_at.getTime(), created.run_at.getTime())
  }))

test('fetchAll lists newest first: all, by one status or several, in pages', () =>
  withJobs({ jobHandler: () => {} }, async ({ jobs, schema }) => {
    const all = []
    for (const type of ['a', 'b', 'c', 'd']) all.push(await jobs.create(type))
    await schema.rows(`UPDATE eram_jobs SET state = 'cancelled', cancelled_at = now() WHERE id = ${all[0]?.id}`)
    await schema.rows(`UPDATE eram_jobs SET state = 'retryable' WHERE id = ${all[1]?.id}`)
    await schema.rows(`INSERT INTO eram_jobs (worker) VALUES ('Other')`)
    const types = (/** @type {Job[]} */ jobs) => jobs.map(({ type }) => type).join('')
    assert.equal(types(await jobs.fetchAll()), 'dcba')
    assert.equal(types(await jobs.fetchAll(null, { limit: 2 })), 'dc')
    assert.equal(types(await jobs.fetchAll(undefined, { limit: 2, offset: 1 })), 'cb')
    assert.equal(types(await jobs.fetchAll('failed')), 'a')
    assert.equal(types(await jobs.fetchAll(['pending', 'failed'], { offset: undefined })), 'dcba')
    assert.equal(types(await jobs.fetchAll('running')), '')
    await assert.rejects(jobs.fetchAll(/** @type {any} */ ('done')), { code: 'ERAM_CONFIG' })
  }))

test('what is not a job, a type, a payload or a database is refused', () =>
  withJobs({}, async ({ jobs, db, schema }) => {
    for (const uid of ['999999', 'x', '']) await assert.rejects(jobs.find(uid), { code: 'ERAM_NOT_FOUND' })
    for (const args of /** @type {any[]} */ ([
      [''],
      [5],
      ['a', { n: 1n }],
      ['a', {}, { max_attempts: 0 }],
      ['a', {}, { backoff_strategy: 'x' }],
    ])) {
      await assert.rejects(jobs.create(.../** @type {[any]} */ (args)), { code: 'ERAM_JOB' })
    }
    for (const options of /** @type {any[]} */ ([
      undefined,
      { db: 5 },
      { db, jobHandler: 5 },
      { db, pollIntervalMs: -1 },
      { db, prefix: 'a b' },
    ])) {
      assert.throws(
        () => new Jobs(options),
        (error) => error instanceof EramError && error.code === 'ERAM_CONFIG',
      )
    }
    const strict = new Jobs({ db, prefix: `${schema.prefix}_none`, migrate: false })
    await assert.rejects(strict.create('a'), { code: 'ERAM_NOT_MIGRATED' })
  }))

test('defineJob is exported here too', async () => {
  assert.equal((await import('../../index.js')).defineJob, defineJob)
})

describe('an application', () => {
  test('runs the guide, which compiles, by import', () =>
    withSchema(async ({ url, prefix }) => {
      const [guide] = snippets('docs/guides/handler.md').filter(({ name }) => name === 'handler.ts')
      assert.ok(guide)
      const own = await project({ type: 'module' })
      await own.link('eramjs', ...LIBRARIES)
      await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
      await own.write('handler.ts', guide.text.replace('new Jobs({', 'new Jobs({ prefix: process.env.PREFIX,'))
      await own.write('end.mjs', `await import('./dist/handler.js')\nprocess.emit('SIGTERM')\n`)
      await own.compile()
      const { code, out } = await finished(process.execPath, ['end.mjs'], { cwd: own.folder, env: { DATABASE_URL: url, PREFIX: prefix } })
      assert.equal(code, 0, out)
      assert.match(out, /^(pending|running|completed) [01]$/m)
    }))

  test('requires it, also where require() takes no ES module, with the same engine', () =>
    withSchema(async ({ url, prefix }) => {
      const own = await project({})
      await own.link('eramjs', 'pg', '@types/pg', '@types/node')
      await own.write(
        'main.cts',
        `import eram = require('eramjs')
import face = require('eramjs/jobs')
import pg = require('pg')
async function main() {
  const db = new pg.Pool({ connectionString: process.env.DATABASE_URL })
  const jobs = new face.Jobs({ db, prefix: process.env.PREFIX, jobHandler: async (job: face.Job) => ({ got: job.type }) })
  await jobs.start(1)
  const done = new Promise<face.Job>((resolve) => jobs.onSuccess('a', resolve))
  await jobs.create('a')
  console.log((await done).result, eram.EramEngine.get('jobs').name, face.defineJob === eram.defineJob)
  await jobs.stop()
  await db.end()
}
main()
`,
      )
      await own.write('tsconfig.json', JSON.stringify({ ...TSCONFIG, include: ['main.cts'] }))
      await own.compile()
      for (const flags of [[], ['--no-experimental-require-module']]) {
        const env = { DATABASE_URL: url, PREFIX: prefix }
        const { code, out } = await finished(process.execPath, [...flags, path.join('dist', 'main.cjs')], { cwd: own.folder, env })
        assert.equal(code, 0, out)
        assert.match(out, /^{ got: 'a' } jobs true$/m)
      }
    }))
})
