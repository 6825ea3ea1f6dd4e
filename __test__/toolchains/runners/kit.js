// A test file of an application that uses eramjs/testing, for each runner: some forty cases, the same in each.
import { transformSync } from 'esbuild'

/** @import { Dialect } from './specs.js' */

/** Files that run at the same time on one database. */
export const FILES = 8

const JOBS = `
import { EramJob } from 'eramjs'
export class Work extends EramJob {
  static { this.register({ queue: 'work', max_attempts: 3, backoff: 'exp' }) }
  async perform(args, ctx) {
    if (args.log) ctx.log.info(args.log)
    if (args.enqueues) await ctx.enqueue(Work, args.enqueues)
    switch (args.does) {
      case 'throws': throw new Error('cannot')
      case 'snoozes': return ctx.snooze(60)
      case 'cancels': return ctx.cancel('not needed')
      case 'discards': return ctx.discard('no use')
      case 'retries': return ctx.retry({ after: 5 })
      case 'waits': return new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason)))
      case 'writes': return (await ctx.tx.query('SELECT 1 AS one')).rows[0]
    }
    return { n: args.n ?? null }
  }
}
export class Written extends EramJob {
  static { this.register({ transaction: true }) }
  async perform({ n }, ctx) { await ctx.enqueue(Work, { n }); return ctx.tx.name ?? 'tx' }
}
export class Hourly extends EramJob {
  static { this.register({}) }
  async perform() {}
}
export class Once extends EramJob {
  static { this.register({ unique: { period: '1 hour' } }) }
  async perform() {}
}
`

/** The rest of a file. @param {string} hooks  for useTestEngine */
const spec = (hooks) => `
import assert from 'node:assert/strict'
import { EramEngine } from 'eramjs'
import * as kit from 'eramjs/testing'
import { Hourly, Once, Work, Written } from './kit-jobs'
const { allEnqueued, assertEnqueued, assertNoLeaks, drain, fake, matchers, performJob, refuteEnqueued, useTestEngine, waitFor, withTestEngine, withTestingMode } = kit

// Each attempt by itself.
for (const [does, state, delay] of [
  [undefined, 'completed', null], ['snoozes', 'snoozed', 60], ['cancels', 'cancelled', null], ['discards', 'discarded', null],
  ['retries', 'retryable', 5], ['throws', 'retryable', 2],
]) {
  test('an attempt: ' + (does ?? 'returns'), async () => {
    const done = await performJob(Work, { does, n: 1 }, { throws: false })
    assert.deepEqual([done.state, done.delay], [state, delay])
  })
}
for (const [attempt, state] of [[1, 'retryable'], [2, 'retryable'], [3, 'discarded']]) {
  test('attempt ' + attempt, async () => assert.equal((await performJob(Work, { does: 'throws' }, { attempt, throws: false })).state, state))
}
test('an attempt rejects', () => assert.rejects(performJob(Work, { does: 'throws' }), { message: 'cannot' }))
test('an attempt times out', async () => {
  const { error } = await performJob(Work, { does: 'waits' }, { timeout: 20, throws: false })
  assert.equal(error.code, 'timeout')
})
test('an attempt is cancelled', async () => {
  assert.equal((await performJob(Work, { does: 'waits' }, { signal: AbortSignal.abort() })).state, 'cancelled')
})
test('an attempt enqueues and logs', async () => {
  const { enqueued, logs } = await performJob(Work, { enqueues: { n: 2 }, log: 'hello' })
  assert.deepEqual([enqueued.map(({ args }) => args), logs[0].message], [[{ n: 2 }], 'hello'])
})
test('an attempt in a transaction', async () => assert.equal((await performJob(Written, { n: 1 }, { tx: { name: 'mine' } })).result, 'mine'))
test('wrong options are refused', () => assert.rejects(performJob(Work, {}, { attempt: 0 }), { code: 'ERAM_CONFIG' }))

// A fake.
const faked = (title, fn) => test('a fake ' + title, async () => {
  const jobs = fake()
  try { await fn(jobs) } finally { jobs.restore() }
})
faked('records', async (jobs) => { await Work.enqueue({ n: 1 }); await jobs.assertEnqueued(Work, { n: 1 }) })
faked('records all', async (jobs) => { await EramEngine.enqueueAll([Work.new({ n: 1 }), Work.new({ n: 2 })]); await assertEnqueued({ worker: Work, count: 2 }) })
faked('records transactions', async (jobs) => { const tx = {}; await Work.enqueue({}, { tx }); await assertEnqueued(Work, {}, { tx }); await refuteEnqueued(Work, {}, { tx: [] }) })
faked('refutes', async (jobs) => { await refuteEnqueued(Work); await assert.rejects(assertEnqueued(Work), { name: 'AssertionError' }) })
faked('performs', async (jobs) => { await Work.enqueue({ enqueues: { n: 1 } }); assert.equal((await jobs.perform()).success, 2) })
faked('performs later', async (jobs) => { await Work.enqueue({}, { schedule_in: '1h' }); assert.equal((await jobs.perform()).success, 0); assert.equal((await jobs.perform({ with_scheduled: true })).success, 1) })
faked('has conflicts', async (jobs) => { jobs.conflict(Work); assert.equal((await Work.enqueue({})).conflict, true) })
faked('is cleared', async (jobs) => { await Work.enqueue({}); jobs.clear(); await refuteEnqueued(Work) })
faked('is matched', async (jobs) => {
  await Work.enqueue({ n: 1 })
  const given = typeof expect === 'function' && expect.extend ? (expect.extend(matchers), expect) : undefined
  if (given) { await given(jobs).toHaveEnqueued(Work, { n: given.any(Number) }); await given(jobs).not.toHaveEnqueued(Work, { n: 2 }) }
  else assert.equal((await matchers.toHaveEnqueued(jobs, Work, { n: 1 })).pass, true)
})

// A test engine.
const t = useTestEngine({ logger: false, cron: [['0 * * * *', Hourly]] }, ${hooks})
test('nothing is enqueued', async () => assert.deepEqual(await allEnqueued(), []))
test('an enqueue inserts', async () => { await Work.enqueue({ n: 1 }); assert.equal((await assertEnqueued(Work, { n: 1 })).state, 'available') })
test('the test before left nothing', async () => refuteEnqueued(Work))
test('a block counts what it adds', async () => { await Work.enqueue({}); await assertEnqueued({ worker: Work, count: 1 }, () => Work.enqueue({})) })
test('drain performs', async () => { await Work.enqueue({ enqueues: { n: 2 } }); assert.equal((await drain()).success, 2) })
test('drain keeps failures', async () => { await Work.enqueue({ does: 'throws' }); const { failure, jobs } = await drain(); assert.deepEqual([failure, jobs[0].state], [1, 'retryable']) })
test('drain throws', async () => { await Work.enqueue({ does: 'throws' }); await assert.rejects(drain({ throws: true }), { message: 'cannot' }) })
test('drain is limited', async () => { await Work.enqueue({}); assert.equal((await drain({ queue: 'other' })).success, 0); assert.equal((await drain({ only: [Work] })).success, 1) })
test('waitFor finds a job', async () => { const { id } = await Work.enqueue({ n: 3 }); await drain(); assert.deepEqual((await waitFor(id)).result, { n: 3 }) })
test('the clock advances', async () => { await Work.enqueue({}, { schedule_in: '1 day' }); await t.clock.advance('1 day'); assert.equal((await drain({ only: [Work] })).success, 1) })
test('cron ticks', async () => { assert.equal((await t.clock.advance({ hours: 3 })).ticks, 3) })
test('a unique period ends', async () => { await Once.enqueue(); assert.equal((await Once.enqueue()).conflict, true); await t.clock.advance('61m'); assert.equal((await Once.enqueue()).conflict, false) })
test('inline performs', async () => { const job = await withTestingMode('inline', () => Work.enqueue({ n: 4 })); assert.deepEqual(job.result, { n: 4 }) })
test('modes do not mix', async () => {
  const [one, two] = await Promise.all([withTestingMode('inline', () => Work.enqueue({})), withTestingMode('manual', () => Work.enqueue({}))])
  assert.deepEqual([one.state, two.state], ['completed', 'available'])
})
test('a live engine', async () => withTestEngine({ name: 'live', mode: 'live', queues: { work: 2 }, logger: false }, async ({ engine }) => {
  const { id } = await Work.enqueue({ n: 5 }, { engine: 'live' })
  assert.deepEqual((await waitFor(id, 'final', { engine })).result, { n: 5 })
}))
test('leaks are named', () => assert.rejects(assertNoLeaks(), /engine "default" was not stopped/))
`

/** @type {Record<string, { header: string, hooks: string }>} */
const OF = {
  jest: { header: '', hooks: '{ beforeAll, afterEach, afterAll }' },
  vitest: { header: `import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'`, hooks: '{ beforeAll, afterEach, afterAll }' },
  mocha: { header: 'const test = it', hooks: '{ before, afterEach, after }' },
  node: { header: `import { after, afterEach, before, test } from 'node:test'`, hooks: '{ before, afterEach, after }' },
}

/** The files of the suite by name, with how many tests each has. @param {'jest' | 'vitest' | 'mocha' | 'node'} runner */
export function kitFiles(runner) {
  const { header, hooks } = /** @type {{ header: string, hooks: string }} */ (OF[runner])
  const format = runner === 'vitest' ? 'esm' : 'cjs'
  const compiled = (/** @type {string} */ text) => transformSync(text, { loader: 'ts', format, target: 'node20' }).code
  const source = spec(hooks)
  const names = Array.from({ length: FILES }, (_, i) => `kit-${i}.spec.js`)
  const files = Object.fromEntries(names.map((name) => [name, compiled(`${header}\n${source}`)]))
  return { names, files: { 'kit-jobs.js': compiled(JOBS), ...files }, count: 15 + 9 + 16 }
}
