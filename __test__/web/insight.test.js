// What explains jobs and the cluster, over HTTP: who sees what, and what may be done.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { withApi } from './harness.js'

const PAST = new Date(Date.now() - 3_600_000)
const FAILED = `INSERT INTO eram_jobs (id, worker, state, attempt, discarded_at, args, errors) VALUES
   (7, 'Mail', 'discarded', 20, now(), '{"to": "ann"}', ARRAY['{"name": "SmtpError", "kind": "error", "message": "no ann"}'::jsonb]);
 INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, error)
   VALUES (7, 1, 20, 'failure', now(), now(), '{"message": "no ann"}')`

describe('why', () => {
  test('a job does not run is explained, and one that does not exist is not found', () =>
    withApi(async ({ engine, get }) => {
      const { id } = await engine.enqueue('Any', {}, { queue: 'lonely' })
      const { status, body } = await get(`/jobs/${id}/why`)
      assert.deepEqual([status, body.id, body.code, body.text], [200, id, 'served', 'No node serves queue lonely.'])
      assert.deepEqual(
        body.checks.map((/** @type {any} */ { code, ok }) => `${code} ${ok}`),
        ['due true', 'served false', 'ahead true'],
      )
      assert.ok(!Number.isNaN(Date.parse(body.at)))
      const own = await engine.jobs.why(id)
      assert.ok(own?.at instanceof Date)
      assert.deepEqual([own.code, own.checks.length], [body.code, body.checks.length])
      assert.equal((await get('/jobs/999/why')).status, 404)
      assert.equal(await engine.jobs.why(999), null)
    }))

  test('says nothing of what an error says to callers that must not see it', () =>
    withApi(
      async ({ get }, { rows }) => {
        await rows(FAILED)
        const why = await get('/jobs/7/why')
        assert.deepEqual([why.body.code, why.body.checks[0].data.error], ['discarded', null])
        const failures = await get('/jobs/failures')
        assert.deepEqual([failures.body.groups[0].error, failures.body.groups[0].sample], [null, { id: 7, error: null }])
        for (const { text } of [why, failures]) assert.doesNotMatch(text, /no ann/)
        const suggested = await get('/jobs/suggest?text=args.')
        assert.deepEqual([suggested.status, suggested.body.error.permission], [403, 'jobs:view_payload'])
      },
      { access: () => ({ 'jobs:view_payload': false }) },
    ))
})

test('attention and counts are of the cluster', () =>
  withApi(async ({ engine, get }, { rows }) => {
    assert.deepEqual((await get('/attention')).body.items, [])
    await rows(`INSERT INTO eram_jobs (worker, queue, scheduled_at) VALUES ('Any', 'lonely', $1)`, [PAST])
    await engine.enqueue('Any', {}, { queue: 'later', schedule_in: 60 })
    const { items, text, more } = await engine.attention()
    assert.deepEqual([text, more, items.length], ['1 thing needs attention.', 0, 1])
    const [item] = items
    assert.deepEqual([item?.rule, item?.severity, item?.subject], ['queue_unserved', 'critical', { kind: 'queue', name: 'lonely' }])
    // To the minute, as several statements read the clock.
    assert.ok(Math.abs((item?.since?.getTime() ?? 0) - PAST.getTime()) < 60_000, String(item?.since))
    assert.deepEqual(item?.links[0], { to: 'jobs', search: 'queue:lonely state:available,scheduled,retryable' })
    const { body } = await get('/counts')
    assert.deepEqual(body.states.available, { jobs: 1, exact: true })
    assert.deepEqual(body.states.completed, { jobs: 0, exact: true })
    assert.deepEqual(
      body.queues.map((/** @type {any} */ { queue, available, scheduled }) => [queue, available, scheduled]),
      [
        ['later', 0, 1],
        ['lonely', 1, 0],
      ],
    )
  }))

test('failures are grouped, and their fingerprint is a condition', () =>
  withApi(async ({ call, get }, { rows }) => {
    await rows(FAILED)
    const { body } = await get('/jobs/failures?window=1h')
    const [{ fingerprint, ...group }] = body.groups
    assert.deepEqual([body.jobs, body.complete, group.worker, group.error], [1, true, 'Mail', 'no ann'])
    assert.equal((await get(`/jobs?fingerprint=${fingerprint}`)).body.jobs[0].id, 7)
    assert.deepEqual((await get('/jobs?fingerprint=0000')).body.jobs, [])
    assert.equal((await call('POST', '/jobs/retry', { which: { fingerprint } })).body.jobs[0].state, 'available')
    assert.deepEqual((await get('/jobs/failures')).body.groups, [])
    assert.equal((await get('/jobs/failures?window=31d')).status, 400)
  }))

test('a search is completed at the caret', () =>
  withApi(async ({ engine, get }) => {
    await engine.enqueue('Mail', { user_id: 1 }, { queue: 'emails' })
    const { body } = await get(`/jobs/suggest?text=${encodeURIComponent('é queue:em args.u')}&caret=10`)
    assert.deepEqual([body.from, body.to, body.items[0].value], [8, 10, 'emails'])
    const path = await engine.jobs.suggest('worker:Mail args.u')
    assert.deepEqual([path.items[0]?.value, path.items[0]?.kind, path.sampled], ['args.user_id:', 'path', 1])
  }))

describe('can', () => {
  test('is what the state of a job and the rights of the caller allow', () =>
    withApi(
      async ({ get }, { rows }) => {
        await rows(
          `INSERT INTO eram_jobs (worker, state) SELECT 'A', s FROM unnest('{suspended,scheduled,available,executing,retryable,completed}'::eram_job_state[]) AS s`,
        )
        const { jobs } = (await get('/jobs')).body
        const can = Object.fromEntries(jobs.map((/** @type {any} */ job) => [job.state, job.can]))
        assert.deepEqual(can, {
          suspended: ['cancel', 'retry'],
          scheduled: ['cancel', 'retry'],
          available: ['cancel'],
          executing: ['cancel'],
          retryable: ['cancel', 'retry'],
          completed: ['retry'],
        })
        const found = (await get('/jobs/search?text=state:completed')).body.jobs[0]
        assert.deepEqual(found.can, ['retry'])
        assert.deepEqual((await get(`/jobs/${found.id}`)).body.can, ['retry'])
      },
      { access: () => ({ 'jobs:retry': true, 'jobs:cancel': true }) },
    ))

  test('is what actions then do', () =>
    withApi(async ({ call, get }, { rows }) => {
      const states = ['suspended', 'scheduled', 'available', 'executing', 'retryable', 'completed', 'discarded', 'cancelled']
      for (const state of states) {
        for (const action of ['cancel', 'retry', 'delete', 'update']) {
          const [{ id }] = await rows(`INSERT INTO eram_jobs (worker, state) VALUES ('A', '${state}') RETURNING id::int`)
          const { can } = (await get(`/jobs/${id}`)).body
          const body = { which: id, ...(action === 'update' && { changes: { priority: 1 } }) }
          const { jobs } = (await call('POST', `/jobs/${action}`, body)).body
          assert.equal(jobs.length === 1, can.includes(action), `${action} ${state}`)
        }
      }
    }))
})

test('an update of a job that has changed since it was read is a conflict', () =>
  withApi(async ({ engine, call, get }, { rows }) => {
    const { id } = await engine.enqueue('Any')
    const { revision } = (await get(`/jobs/${id}`)).body
    const update = (/** @type {unknown} */ revision) => call('POST', '/jobs/update', { which: id, changes: { priority: 2 }, revision })
    assert.equal((await update(revision)).status, 200)
    const again = await update(revision)
    assert.deepEqual([again.status, again.body.error.code, again.body.error.state], [409, 'ERAM_CHANGED', 'available'])
    await rows(`UPDATE eram_jobs SET state = 'executing'`)
    assert.equal((await update(revision)).body.error.state, 'executing')
    const several = await call('POST', '/jobs/update', { which: [id, id + 1], changes: { priority: 2 }, revision })
    assert.deepEqual([several.status, several.body.error.code], [400, 'ERAM_CONFIG'])
    await assert.rejects(engine.jobs.update(id, { priority: 3 }, { revision }), { code: 'ERAM_CHANGED', state: 'executing' })
  }))

describe('bulk', () => {
  test('acts on what a preview has counted, a chunk at a time', () =>
    withApi(async ({ engine, call, get }) => {
      await engine.enqueueAll(Array.from({ length: 25 }, () => ({ worker: 'Any', queue: 'a' })))
      const preview = (await get('/jobs/preview?action=cancel&text=queue%3Aa')).body
      assert.deepEqual([preview.jobs, preview.exact, preview.states], [25, true, { available: 25 }])
      const late = await engine.enqueue('Any', {}, { queue: 'a' })
      let [after, done] = /** @type {[number | null, number]} */ ([0, 0])
      while (after !== null) {
        const { body } = await call('POST', '/jobs/bulk', { action: 'cancel', text: 'queue:a', max_id: preview.max_id, after, limit: 10 })
        done += body.jobs.length
        after = body.next
      }
      assert.equal(done, 25)
      assert.equal((await engine.jobs.find(late.id))?.state, 'available')
    }))

  test('needs the permission of the action too, and probes nothing', () =>
    withApi(
      async ({ call }) => {
        const bulk = async (/** @type {string} */ action, text = 'queue:a') =>
          (await call('POST', '/jobs/bulk', { action, text, max_id: 1 })).body.error?.permission
        assert.equal(await bulk('retry'), undefined)
        assert.equal(await bulk('delete'), 'jobs:delete')
        assert.equal(await bulk('retry', 'args.to:ann'), 'jobs:view_payload')
      },
      { access: () => ({ 'jobs:bulk': true, 'jobs:retry': true, 'jobs:view_payload': false }) },
    ))
})

test('a cron entry has its next ticks and its newest jobs', () =>
  withApi(async ({ engine, call, get }) => {
    await engine.cron.insert({ name: 'daily', schedule: '0 8 * * *', job: 'ReportJob', timezone: 'Europe/Rome' })
    const { id } = (await call('POST', '/crons/daily/run')).body
    const { body } = await get('/crons/daily')
    assert.deepEqual([body.name, body.next.length], ['daily', 5])
    const [run] = body.history
    assert.deepEqual([run.job, run.tick, run.manual, run.state], [id, null, true, 'available'])
    await engine.jobs.delete(id)
    assert.equal((await engine.cron.find('daily'))?.history[0]?.state, null)
    await engine.cron.pause('daily')
    assert.deepEqual((await engine.cron.find('daily'))?.next, [])
    assert.equal((await get('/crons/none')).status, 404)
    await engine.cron.delete('daily')
    await engine.cron.insert({ name: 'daily', schedule: '0 8 * * *', job: 'ReportJob' })
    assert.deepEqual((await engine.cron.find('daily'))?.history, [])
  }))
