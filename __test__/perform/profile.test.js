// CPU profiles of attempts: which attempts have one, what is in it, and that it harms none.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { enqueue } from '../../enqueue.js'
import { EramEngine } from '../../index.js'
import { createWeb } from '../../integrations/web/index.js'
import { profileText } from '../../lib/perform/profile.js'
import { eramjs } from '../support/cli.js'
import { until, withSchema } from '../support/database.js'
import { ComputeJob, ProcessJob, WaitJob } from '../support/fixtures/profiled.js'
import { folders } from '../support/folders.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const withFolder = await folders(['eramjs'])

/** @param {(engine: EramEngine, schema: Schema) => Promise<void>} scenario @param {object} [options] */
const withEngine = (scenario, options = {}) =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({
      name: `profile ${schema.prefix}`,
      url: schema.url,
      prefix: schema.prefix,
      logger: false,
      queues: { profiled: 5 },
      abort_grace: 200,
      ...options,
    })
    try {
      await scenario(engine, schema)
    } finally {
      await engine.stop()
    }
  })

/** @param {EramEngine} engine @param {number} id @param {number} attempt */
async function profileOf(engine, id, attempt) {
  return until(async () => (await engine.jobs.cpuProfile(id, attempt)) ?? assert.fail('no profile yet'))
}

/** Names of functions with samples. @param {import('../../index.js').CpuProfile} profile */
function sampled({ nodes, samples = [] }) {
  return new Set(nodes.filter(({ id }) => samples.includes(id)).map(({ callFrame }) => callFrame.functionName))
}

describe('an attempt is profiled', () => {
  test('that was marked when its job was enqueued, and no later one', () =>
    withEngine(async (engine) => {
      const { id } = await ComputeJob.enqueue({ ms: 100, fails: true }, { profile: true, max_attempts: 2, backoff: 'none', engine })
      const { state, meta } = await engine.waitFor(id)
      assert.deepEqual([state, meta], ['discarded', { of: 'the class', profile_attempt: 1 }])
      assert.ok(sampled(await profileOf(engine, id, 1)).has('computeOften'))
      const attempts = await engine.jobs.attempts(id)
      assert.deepEqual(
        attempts?.map(({ status, profile }) => [status, profile !== null && profile.bytes > 100, profile?.note ?? null]),
        [
          ['failure', true, null],
          ['discard', false, null],
        ],
      )
      assert.equal(await engine.jobs.cpuProfile(id, 2), null)
    }))

  test('whose job was marked before it ran, also one that succeeds', () =>
    withEngine(async (engine) => {
      const { id } = await ComputeJob.enqueue({ ms: 50 }, { state: 'suspended', meta: { note: 'n' }, engine })
      assert.deepEqual(await engine.jobs.profile(id), { id, attempt: 1 })
      await engine.jobs.retry(id)
      const job = await engine.waitFor(id)
      assert.deepEqual([job.state, job.meta.note], ['completed', 'n'])
      await profileOf(engine, id, 1)
      const [attempt] = (await engine.jobs.attempts(id)) ?? []
      assert.ok(attempt?.profile && attempt.profile.bytes > 0)
      assert.deepEqual(await engine.jobs.profile(id), { id, attempt: 2 })
      await engine.jobs.retry(id)
      await profileOf(engine, id, 2)
      await assert.rejects(engine.jobs.profile(4711), { code: 'ERAM_NOT_FOUND' })
      await assert.rejects(engine.jobs.cpuProfile(id, /** @type {any} */ ('1')), { code: 'ERAM_CONFIG' })
    }))

  test('in a process, and of a job that eramjs/enqueue inserted', () =>
    withEngine(async (engine, { prefix, client }) => {
      const { id } = await ProcessJob.enqueue({ ms: 50 }, { profile: true, engine })
      assert.ok(sampled(await profileOf(engine, id, 1)).has('computeOften'))
      const here = await enqueue(client, { worker: 'ComputeJob', args: { ms: 50 }, queue: 'profiled', profile: true }, { prefix })
      assert.ok(sampled(await profileOf(engine, here.id, 1)).has('computeOften'))
    }))

  test('on the main thread', () =>
    withEngine(
      async (engine) => {
        const { id } = await ComputeJob.enqueue({ ms: 50 }, { profile: true, engine })
        assert.ok(sampled(await profileOf(engine, id, 1)).has('computeOften'))
      },
      { isolation: 'main' },
    ))
})

describe('what goes wrong is a note', () => {
  test('of two at once on a thread, one is taken, and it says that it has code of the other', () =>
    withEngine(async (engine) => {
      const [first, second] = await EramEngine.enqueueAll(
        [WaitJob.new({ for: 2 }, { profile: true }), WaitJob.new({ for: 2 }, { profile: true })],
        { engine },
      )
      assert.ok(first && second)
      await Promise.all([engine.waitFor(first.id), engine.waitFor(second.id)])
      const notes = await until(async () => {
        const all = await Promise.all([first, second].map(async ({ id }) => ((await engine.jobs.attempts(id)) ?? [])[0]?.profile))
        assert.ok(all.every(Boolean))
        return all.map((profile) => profile?.note).sort()
      })
      assert.match(String(notes[0]), /^none was taken, because another attempt was being profiled/)
      assert.match(String(notes[1]), /^with code of other attempts on the thread: 1 ran meanwhile$/)
      const left = [first, second].map(({ id }) => engine.jobs.cpuProfile(id, 1).catch(({ code }) => code))
      assert.equal((await Promise.all(left)).filter((each) => each === 'ERAM_NOT_FOUND').length, 1)
    }))

  test('an attempt that times out, or blocks until its thread is terminated, ends as without a profile', () =>
    withEngine(async (engine) => {
      const { id } = await WaitJob.enqueue({ for: 99 }, { profile: true, timeout: 100, max_attempts: 1, engine })
      const late = await engine.waitFor(id)
      assert.deepEqual([late.state, late.errors[0]?.kind], ['discarded', 'timeout'])
      await profileOf(engine, id, 1)
      const blocked = await ComputeJob.enqueue({ ms: 3_600_000 }, { profile: true, timeout: 100, max_attempts: 1, engine })
      const terminated = await engine.waitFor(blocked.id)
      assert.deepEqual([terminated.state, terminated.errors[0]?.kind], ['discarded', 'timeout'])
      assert.equal(await engine.jobs.cpuProfile(blocked.id, 1), null)
      // The next one on the new thread has one.
      const next = await ComputeJob.enqueue({ ms: 20 }, { profile: true, engine })
      await profileOf(engine, next.id, 1)
    }))

  test('one that is too long has fewer samples, and one whose call tree is too long is left out', () => {
    const callFrame = { functionName: 'f'.repeat(50), scriptId: '0', url: '', lineNumber: 0, columnNumber: 0 }
    const samples = Array.from({ length: 10_000 }, (_, i) => i % 7)
    const profile = { nodes: [{ id: 1, callFrame, hitCount: 1 }], startTime: 0, endTime: 1, samples, timeDeltas: samples }
    const { text, note } = profileText(profile, 10_000)
    assert.ok(text !== null && text.length <= 10_000 && text.length > 5000)
    const kept = JSON.parse(text)
    assert.equal(kept.samples.length, kept.timeDeltas.length)
    assert.equal(note, `the first ${kept.samples.length} of 10000 samples only, as it is too long`)
    const bare = profileText(profile, 100)
    assert.deepEqual([bare.text, /^left out, as its call tree of \d+ characters is longer than 100$/.test(String(bare.note))], [null, true])
    assert.equal(profileText(profile).note, null)
  })
})

test('a profile is written into a file by the command, and sent by the HTTP API to those who may see payloads', () =>
  withEngine(async (engine, { url, prefix }) => {
    const { id } = await ComputeJob.enqueue({ ms: 20 }, { state: 'suspended', engine })
    const folder = await withFolder()
    const run = (/** @type {string[]} */ ...args) =>
      eramjs(['jobs', 'profile', String(id), '--prefix', prefix, ...args], { env: { DATABASE_URL: url }, cwd: folder })
    assert.deepEqual([(await run()).out, (await run('--attempt', '1')).code], [`job ${id}: attempt 1 will be profiled\n`, 1])
    await engine.jobs.retry(id)
    const profile = await profileOf(engine, id, 1)
    assert.equal((await run('--attempt', '1')).out, `job-${id}-1.cpuprofile\n`)
    assert.deepEqual(JSON.parse(readFileSync(path.join(folder, `job-${id}-1.cpuprofile`), 'utf8')), profile)
    assert.match((await run('--out', 'x')).err, /expected --attempt beside --out/)

    const get = async (/** @type {import('../../integrations/web/index.js').Access} */ access) => {
      const web = createWeb(engine, { access: () => access })
      return web.fetch(new Request(`http://localhost/api/v1/jobs/${id}/attempts/1/profile`))
    }
    const sent = await get('read-only')
    assert.deepEqual([sent.status, await sent.json()], [200, profile])
    assert.equal((await get({ 'jobs:view_payload': false })).status, 403)
  }))

test('a profile goes with its job', () =>
  withEngine(async (engine, { rows }) => {
    const { id } = await ComputeJob.enqueue({ ms: 20 }, { profile: true, engine })
    await profileOf(engine, id, 1)
    await engine.waitFor(id)
    await engine.jobs.delete(id)
    assert.deepEqual(await rows('SELECT job_id FROM eram_profiles'), [])
  }))
