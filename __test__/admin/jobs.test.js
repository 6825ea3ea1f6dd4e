// engine.jobs: looking at jobs, and acting on one, several, or all that a filter means.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

class Letter extends EramJob {
  static {
    Letter.register({ queue: 'letters' })
  }

  /** @param {{ to: string }} _args */
  async perform(_args) {}
}

/** @param {(schema: Schema & { engine: EramEngine, ids: number[] }) => Promise<unknown>} scenario */
const withLetters = (scenario) =>
  withSchema(async (schema) => {
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix })
    try {
      const letters = await EramEngine.enqueueAll([
        Letter.new({ to: 'ann' }, { tags: ['a', 'b'], meta: { team: 1 } }),
        Letter.new({ to: 'bob' }, { tags: ['b'], schedule_in: 3600 }),
        Letter.new({ to: 'cyd' }, { queue: 'other', priority: 3 }),
      ])
      await scenario({ ...schema, engine, ids: letters.map(({ id }) => id) })
    } finally {
      await engine.stop()
    }
  })

test('a job is found by its id, with times as Dates', () =>
  withLetters(async ({ engine, ids }) => {
    const job = await engine.jobs.find(Number(ids[0]))
    assert.ok(job)
    const { id, state, worker, queue, args, tags, meta, errors, result, attempt, completed_at } = job
    assert.deepEqual(
      { id, state, worker, queue, args, tags, meta, errors, result, attempt, completed_at },
      {
        id: ids[0],
        state: 'available',
        worker: 'Letter',
        queue: 'letters',
        args: { to: 'ann' },
        tags: ['a', 'b'],
        meta: { team: 1 },
        errors: [],
        result: null,
        attempt: 0,
        completed_at: null,
      },
    )
    assert.ok(job.inserted_at instanceof Date && job.scheduled_at instanceof Date)
    assert.equal(await engine.jobs.find(123_456_789), null)
    await assert.rejects(engine.jobs.find(/** @type {any} */ ('1')), {
      code: 'ERAM_CONFIG',
      message: 'jobs.find: expected the id of a job, got "1"',
    })
  }))

test('the list of attempts comes from the table of attempts and the row', () =>
  withLetters(async ({ engine, ids, rows }) => {
    const id = Number(ids[0])
    const error = {
      attempt: 1,
      at: '2024-01-01T00:00:02Z',
      attempted_at: '2024-01-01T00:00:01Z',
      attempted_by: ['n', 'u'],
      kind: 'error',
      name: 'E',
      message: 'm',
    }
    await rows(
      `UPDATE eram_jobs SET state = 'completed', attempt = 2, attempted_at = '2024-01-02Z', completed_at = '2024-01-03Z', attempted_by = '{n,v}' WHERE id = $1`,
      [id],
    )
    await rows(
      `INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, attempted_by, isolate, error)
       VALUES ($1, 1, 1, 'failure', '2024-01-01T00:00:01Z', '2024-01-01T00:00:02Z', '{n,u}', 'thread 3', $2)`,
      [id, JSON.stringify(error)],
    )
    const job = await engine.jobs.find(id, { attempts: true })
    assert.deepEqual(job?.attempts, [
      {
        attempt: 1,
        status: 'failure',
        started_at: new Date('2024-01-01T00:00:01Z'),
        ended_at: new Date('2024-01-01T00:00:02Z'),
        attempted_by: ['n', 'u'],
        isolate: 'thread 3',
        error,
        logs: null,
        profile: null,
      },
      {
        attempt: 2,
        status: 'success',
        started_at: new Date('2024-01-02'),
        ended_at: new Date('2024-01-03'),
        attempted_by: ['n', 'v'],
        isolate: null,
        error: null,
        logs: null,
        profile: null,
      },
    ])
  }))

test('lists come newest first, by filter and page', () =>
  withLetters(async ({ engine, ids }) => {
    /** @param {Parameters<typeof engine.jobs.list>[0]} [filter] */
    const found = async (filter) => (await engine.jobs.list(filter)).map(({ id }) => ids.indexOf(id))
    assert.deepEqual(await found(), [2, 1, 0])
    for (const [filter, expected] of /** @type {[import('../../index.js').JobFilter, number[]][]} */ ([
      [{ queue: 'letters' }, [1, 0]],
      [{ queue: ['letters', 'other'], state: 'available' }, [2, 0]],
      [{ state: ['scheduled', 'retryable'] }, [1]],
      [{ worker: 'Letter', tags: 'a' }, [0]],
      [{ tags: ['b'] }, [1, 0]],
      [{ args: { to: 'bob' } }, [1]],
      [{ meta: { team: 1 } }, [0]],
      [{ id: ids.slice(0, 2) }, [1, 0]],
      [{ scheduled_from: new Date(Date.now() + 60_000) }, [1]],
      [{ inserted_until: new Date(0) }, []],
      [{ worker: 'Unknown' }, []],
    ])) {
      assert.deepEqual(await found(filter), expected, JSON.stringify(filter))
    }
    assert.deepEqual(await found({ limit: 1, offset: 1 }), [1])
    assert.deepEqual(await found({ limit: 2, before: Number(ids[2]) }), [1, 0])
    await assert.rejects(engine.jobs.list(/** @type {any} */ ({ queues: 'x' })), {
      code: 'ERAM_CONFIG',
      message: /^jobs\.list: expected id, state, queue, worker, tags, .*, limit, offset, before, got "queues"$/,
    })
  }))

test('cancel, retry, update and delete take an id, ids or a filter', () =>
  withLetters(async ({ engine, ids, rows }) => {
    const [ann, bob, cyd] = /** @type {[number, number, number]} */ (ids)
    assert.deepEqual(await engine.jobs.cancel(ann, { reason: 'returned' }), [
      { id: ann, queue: 'letters', worker: 'Letter', previous: 'available', state: 'cancelled' },
    ])
    assert.deepEqual(
      (await engine.jobs.retry([ann, bob])).map(({ id, previous, state }) => [id, previous, state]),
      [
        [ann, 'cancelled', 'available'],
        [bob, 'scheduled', 'available'],
      ],
    )
    const changes = { priority: 5, tags: ['x'], scheduled_at: new Date('2100-01-01') }
    assert.deepEqual(
      (await engine.jobs.update({ queue: 'other' }, changes)).map(({ id, state }) => [id, state]),
      [[cyd, 'scheduled']],
    )
    const job = await engine.jobs.find(cyd)
    assert.deepEqual([job?.priority, job?.tags, job?.scheduled_at], [5, ['x'], new Date('2100-01-01')])
    assert.deepEqual((await engine.jobs.delete({ worker: 'Letter', state: 'available' })).map(({ id }) => id).sort(), [ann, bob].sort())
    assert.deepEqual(await rows('SELECT id::int FROM eram_jobs'), [{ id: cyd }])
    await assert.rejects(engine.jobs.update(cyd, /** @type {any} */ ({ worker: 'Other' })), { message: /worker/ })
    assert.deepEqual(await engine.jobs.cancel(123_456_789), [])
  }))

test('a filter that matches every job is refused', () =>
  withLetters(async ({ engine, ids }) => {
    const { jobs } = engine
    for (const act of [() => jobs.cancel({}), () => jobs.retry({}), () => jobs.delete({}), () => jobs.update({}, { priority: 1 })]) {
      await assert.rejects(act, {
        code: 'ERAM_CONFIG',
        message: /^jobs\.\w+: expected a filter that means some jobs, got one that means all of them$/,
      })
    }
    await assert.rejects(jobs.cancel(/** @type {any} */ (undefined)), {
      code: 'ERAM_CONFIG',
      message: 'jobs.cancel: expected an object, got undefined',
    })
    await assert.rejects(jobs.delete({ state: undefined }), { message: /means all of them/ })
    assert.deepEqual(await jobs.delete([]), [])
    assert.equal((await jobs.list()).length, ids.length)
  }))

test('a time that no Date can hold is the first or last instant of Date', () =>
  withLetters(async ({ engine, ids, rows }) => {
    const [id] = ids
    for (const [time, shown] of [
      ['infinity', '+275760-09-13T00:00:00.000Z'],
      ['-infinity', '-271821-04-20T00:00:00.000Z'],
      ['294276-01-01Z', '+275760-09-13T00:00:00.000Z'],
      ['20000-02-03 04:05:06Z', '+020000-02-03T04:05:06.000Z'],
      ['0044-03-15Z BC', '-000043-03-15T00:00:00.000Z'],
    ]) {
      await rows('UPDATE eram_jobs SET scheduled_at = $1 WHERE id = $2', [time, id])
      const found = await engine.jobs.find(Number(id))
      const [listed] = await engine.jobs.list({ id })
      const { jobs } = await engine.jobs.search(`id:${id}`)
      const dates = [found, listed, jobs[0]].map((job) => job?.scheduled_at.toISOString())
      assert.deepEqual(dates, [shown, shown, shown], time)
    }
  }))
