// engine.jobs.wait: a job that has ended, or is in a state, on whatever node; all callers share the statements.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { eramjs } from '../support/cli.js'
import { until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'

const LATER = { schedule_in: '1 hour' }

describe('jobs.wait resolves with the row', () => {
  test('of a job that has ended, with its outcome and its times as Dates', () =>
    withEngine({}, async ({ engine }) => {
      const { id } = await ThreadJob.enqueue({ action: 'return', value: 7 })
      const job = await engine.jobs.wait(id)
      assert.deepEqual([job.id, job.state, job.result], [id, 'completed', 7])
      assert.ok(job.completed_at instanceof Date)
      assert.deepEqual(await engine.jobs.wait(id, { state: 'completed' }), job)
    }))

  test('of a job in a state that no node reports, with and without notifications', async () => {
    for (const options of [{}, { notify: false, poll_interval: 20 }]) {
      await withEngine(options, async ({ engine, schema }) => {
        const { id } = await MainJob.enqueue({ action: 'wait' }, LATER)
        assert.equal((await engine.jobs.wait(id, { state: 'scheduled' })).id, id)
        const running = engine.jobs.wait(id, { state: 'executing' })
        await engine.jobs.retry(id)
        assert.equal((await running).attempt, 1)
        const ended = engine.jobs.wait(id)
        await engine.jobs.cancel(id)
        assert.equal((await ended).state, 'cancelled')
        // By hand, so that nothing is reported.
        const other = (await MainJob.enqueue({ action: 'return' }, LATER)).id
        const waiting = engine.jobs.wait(other, { state: 'suspended' })
        await schema.rows(`UPDATE eram_jobs SET state = 'suspended' WHERE id = ${other}`)
        assert.equal((await waiting).state, 'suspended')
      })
    }
  })

  test('in a job thread', () =>
    withEngine({}, async ({ engine }) => {
      const inner = await MainJob.enqueue({ action: 'return', value: 'inner' })
      const outer = await ThreadJob.enqueue({ action: 'jobsWait', id: inner.id })
      assert.equal((await engine.jobs.wait(outer.id)).result.result, 'inner')
    }))

  test('on the command line, whose exit code says whether the job completed', () =>
    withEngine({}, async ({ engine, schema }) => {
      const wait = async (/** @type {string[]} */ ...args) => {
        const { code, out } = await eramjs(['jobs', 'wait', ...args, '--prefix', schema.prefix, '--json'])
        const { job, error } = JSON.parse(out)
        return [code, job?.state ?? error.code]
      }
      const done = await ThreadJob.enqueue({ action: 'return' })
      const failed = await ThreadJob.enqueue({ action: 'throw', message: 'no' }, { max_attempts: 1 })
      const later = await ThreadJob.enqueue({ action: 'return' }, LATER)
      await engine.jobs.wait(failed.id)
      assert.deepEqual(await wait(String(done.id)), [0, 'completed'])
      assert.deepEqual(await wait(String(failed.id)), [1, 'discarded'])
      assert.deepEqual(await wait(String(failed.id), '--state', 'discarded'), [0, 'discarded'])
      assert.deepEqual(await wait(String(later.id), '--timeout', '50 ms'), [2, 'ERAM_TIMEOUT'])
      assert.deepEqual(await wait('9999999'), [2, 'ERAM_NOT_FOUND'])
    }))
})

describe('jobs.wait rejects', () => {
  test('after its timeout, saying in which state the job is', () =>
    withEngine({}, async ({ engine }) => {
      const { id } = await ThreadJob.enqueue({ action: 'return' }, LATER)
      for (const [options, goal] of /** @type {const} */ ([
        [{ timeout: 100 }, 'to end'],
        [{ timeout: 100, state: 'executing' }, 'to be executing'],
      ])) {
        const message = `jobs.wait: expected job ${id} ${goal} within 100 ms, it is scheduled`
        await assert.rejects(engine.jobs.wait(id, options), { code: 'ERAM_TIMEOUT', message })
      }
    }))

  test('with the reason of its signal, before and while it waits', () =>
    withEngine({}, async ({ engine }) => {
      const { id } = await ThreadJob.enqueue({ action: 'return' }, LATER)
      const reason = new Error('enough')
      const abort = new AbortController()
      const waiting = engine.jobs.wait(id, { signal: abort.signal })
      abort.abort(reason)
      await assert.rejects(waiting, reason)
      await assert.rejects(engine.jobs.wait(id, { signal: abort.signal }), reason)
    }))

  test('when the job is pruned meanwhile, or never was', () =>
    withEngine({}, async ({ engine, schema }) => {
      for (const state of /** @type {const} */ (['final', 'executing'])) {
        const { id } = await ThreadJob.enqueue({ action: 'return' }, LATER)
        const waiting = assert.rejects(engine.jobs.wait(id, { state }), {
          code: 'ERAM_NOT_FOUND',
          message: `jobs.wait: expected a job that is committed and not deleted, got ${id}, which has no row`,
        })
        await schema.rows(`DELETE FROM eram_jobs WHERE id = ${id}`)
        await waiting
        await assert.rejects(engine.jobs.wait(id, { state }), { code: 'ERAM_NOT_FOUND' })
      }
    }))

  test('when the engine stops', () =>
    withSchema(async ({ url, prefix }) => {
      const engine = await EramEngine.start({ url, prefix, logger: false })
      const { id } = await engine.enqueue('Nowhere', {}, LATER)
      const waits = /** @type {const} */ (['final', 'executing']).map((state) =>
        assert.rejects(engine.jobs.wait(id, { state }), { code: 'ERAM_NOT_RUNNING' }),
      )
      await engine.stop()
      await Promise.all(waits)
      await assert.rejects(engine.jobs.wait(id), { code: 'ERAM_NOT_RUNNING' })
    }))

  test('other ids, states and options', () =>
    withEngine({}, async ({ engine }) => {
      for (const [args, message] of /** @type {[any[], RegExp][]} */ ([
        [['x'], /^jobs\.wait: expected the id of a job, got "x"$/],
        [[{ id: 1 }], /^jobs\.wait: expected the id of a job, got an object$/],
        [[1, 5], /^jobs\.wait: expected an object of options, got 5$/],
        [[1, { stat: 'final' }], /^jobs\.wait: expected state, timeout or signal, got "stat"$/],
        [[1, { state: 'done' }], /^jobs\.wait: state: expected "final" or one of suspended, .*cancelled, got "done"$/],
        [[1, { timeout: 'soon' }], /^jobs\.wait\.timeout: expected a duration from 0 to /],
        [[1, { signal: 5 }], /^jobs\.wait: signal: expected an AbortSignal, got 5$/],
      ])) {
        await assert.rejects(engine.jobs.wait(...args), { code: 'ERAM_CONFIG', message })
      }
    }))
})

test('a thousand callers share each statement, while they wait and when their jobs have ended', async () => {
  const server = await startPostgres({ settings: { log_statement: 'all', log_line_prefix: '%a|' } })
  const looks = async () => (await readFile(server.logFile, 'utf8')).match(/LOG: {2}execute <unnamed>: SELECT a\.id, j\.state/g) ?? []
  const reads = async () => (await readFile(server.logFile, 'utf8')).match(/LOG: {2}execute <unnamed>: SELECT c\.id, \(/g) ?? []
  try {
    await EramEngine.migrate({ url: server.url })
    // Without notifications, all are polled for.
    const engine = await EramEngine.start({ url: server.url, notify: false, logger: false })
    try {
      const jobs = await engine.enqueueAll(Array.from({ length: 1000 }, () => ({ worker: 'Nowhere', args: {}, ...LATER })))
      const waits = jobs.map(({ id }) => engine.jobs.wait(id, { timeout: '5 minutes' }))
      await until(async () => assert.ok((await looks()).length >= 5), { timeout: 60_000 })
      await engine.jobs.cancel(jobs.map(({ id }) => id))
      const ended = await Promise.all(waits)
      assert.deepEqual([...new Set(ended.map(({ state }) => state))], ['cancelled'])
      const [looked, read] = [(await looks()).length, (await reads()).length]
      assert.ok(looked < 100, `${looked} looks`)
      assert.ok(read < 200, `${read} reads of rows for 2000 answers`)
    } finally {
      await engine.stop()
    }
  } finally {
    await server.stop()
  }
})
