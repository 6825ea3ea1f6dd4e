// Rows that no enqueue makes: written by hand, by an older or newer version, or by a restore. The queue goes on past them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'

const RETURN = { action: 'return', value: 'done' }

test('a job out of attempts does not block its queue, and is not run', () =>
  withEngine({ queues: { thread: 2 } }, async ({ schema, runToCompletion, job }) => {
    const made = await schema.rows(
      `INSERT INTO eram_jobs (worker, queue, args, attempt, max_attempts, scheduled_at)
       SELECT 'ThreadJob', 'thread', $1, 3, 3, now() - interval '1 day' FROM generate_series(1, 50) RETURNING id::int`,
      [RETURN],
    )
    for (let i = 0; i < 3; i++) assert.equal((await runToCompletion(ThreadJob, RETURN)).state, 'completed')
    for (const { id } of made) assert.deepEqual([(await job(id)).attempt, (await job(id)).attempted_at], [3, null])
  }))

test('a job of a class that is not known here stays as it is', () =>
  withEngine({ queues: { thread: 2 } }, async ({ schema, runToCompletion, job }) => {
    const made = await schema.rows(
      `INSERT INTO eram_jobs (worker, queue, scheduled_at)
       SELECT 'ClassOfTomorrow', 'thread', now() - interval '1 day' FROM generate_series(1, 50) RETURNING id::int`,
    )
    for (let i = 0; i < 3; i++) assert.equal((await runToCompletion(ThreadJob, RETURN)).state, 'completed')
    for (const { id } of made) {
      const { state, attempt, attempted_at, errors } = await job(id)
      assert.deepEqual([state, attempt, attempted_at, errors], ['available', 0, null, []])
    }
  }))

test('a queue is drained although such jobs are left in it', () =>
  withEngine({ queues: { thread: 2 } }, async ({ schema, engine }) => {
    await schema.rows(`INSERT INTO eram_jobs (worker, queue) VALUES ('ClassOfTomorrow', 'thread')`)
    await schema.rows(`INSERT INTO eram_jobs (worker, queue, attempt, max_attempts) VALUES ('ThreadJob', 'thread', 3, 3)`)
    await ThreadJob.enqueue(RETURN)
    const { success } = await engine.drain('thread', /** @type {any} */ ({ timeout: 5000 }))
    assert.equal(success, 1)
  }))

/** Columns of a job that do not look as an enqueue leaves them, and what becomes of it. @type {[string, Record<string, string>, string][]} */
const ODD = [
  ['args that are an array', { args: `'[1, 2]'` }, 'retryable'],
  ['args that are a text', { args: `'"text"'` }, 'retryable'],
  ['args that are null', { args: `'null'` }, 'retryable'],
  ['meta that is an array', { meta: `'[1]'` }, 'completed'],
  ['meta that is a text', { meta: `'"text"'` }, 'completed'],
  ['meta that is null', { meta: `'null'` }, 'completed'],
  ['meta with a counter that is not a number', { meta: `'{"snoozed": "often", "interrupted": [], "rescued": {}}'` }, 'completed'],
  ['errors that are not entries', { errors: `ARRAY['"text"', 'null', '[]', '{}']::jsonb[]` }, 'completed'],
  ['errors that are null', { errors: 'ARRAY[NULL]::jsonb[]' }, 'completed'],
  ['tags that are arrays', { tags: `'{{a,b},{c,d}}'` }, 'completed'],
  ['tags that are null', { tags: 'ARRAY[NULL, NULL]::text[]' }, 'completed'],
  ['a backoff of no kind', { backoff: `'{"base": "x"}'` }, 'completed'],
  ['a due time before all time', { scheduled_at: `'-infinity'` }, 'completed'],
  ['an insertion before all time', { inserted_at: `'-infinity'` }, 'completed'],
  ['numbers larger than JavaScript keeps', { meta: `'{"n": 12345678901234567890123}'` }, 'completed'],
  ['very many attempts', { attempt: '2147483646', max_attempts: '2147483647' }, 'completed'],
  ['the time of an earlier end', { completed_at: 'now()', discarded_at: 'now()', cancelled_at: 'now()' }, 'completed'],
  ['a text with everything in it', { worker: `'ThreadJob'`, meta: `jsonb_build_object('"\\\n\t', E'\\u2028\\U0001F600''"')` }, 'completed'],
]
for (const [what, columns, state] of ODD) {
  test(`a job with ${what} is ${state}, and its queue goes on`, () =>
    withEngine({ queues: { thread: 2 } }, async ({ schema, waitForState, runToCompletion, engine }) => {
      const all = { worker: `'ThreadJob'`, queue: `'thread'`, args: `'${JSON.stringify(RETURN)}'`, ...columns }
      const [{ id }] = await schema.rows(`INSERT INTO eram_jobs (${Object.keys(all)}) VALUES (${Object.values(all)}) RETURNING id::int`)
      await schema.rows(`SELECT pg_notify(eram_channel('insert'), 'thread')`)
      await waitForState(id, state)
      const found = await engine.jobs.find(id, { attempts: true })
      assert.equal(found?.state, state)
      assert.equal((await engine.jobs.list({ queue: 'thread' })).length, 1)
      // Outcomes that write to meta and to errors.
      for (const [action, next] of /** @type {[object, string][]} */ ([
        [{ action: 'choose', by: 'ctx', how: 'snooze', value: 3600 }, 'scheduled'],
        [{ action: 'throw', message: 'no' }, 'retryable'],
        [{ action: 'result', what: 'bigint' }, 'completed'],
      ])) {
        await schema.rows('UPDATE eram_jobs SET args = $1, attempt = 1 WHERE id = $2', [action, id])
        await engine.jobs.retry(id)
        await waitForState(id, next)
      }
      assert.equal((await runToCompletion(ThreadJob, RETURN)).state, 'completed')
    }))
}

test('a job that is never due does not keep others from their time', () =>
  withEngine({ queues: { thread: 2 } }, async ({ schema, runToCompletion, job }) => {
    const [{ id }] = await schema.rows(
      `INSERT INTO eram_jobs (worker, queue, args, state, scheduled_at) VALUES ('ThreadJob', 'thread', $1, 'scheduled', 'infinity') RETURNING id::int`,
      [RETURN],
    )
    assert.equal((await runToCompletion(ThreadJob, RETURN, { schedule_in: 1 })).state, 'completed')
    assert.equal((await runToCompletion(ThreadJob, RETURN, { schedule_in: 1 })).state, 'completed')
    assert.equal((await job(id)).state, 'scheduled')
  }))

test('a state of a newer version is left alone', () =>
  withEngine({ queues: { thread: 2 } }, async ({ schema, runToCompletion, job, engine }) => {
    await schema.rows(`ALTER TYPE eram_job_state ADD VALUE 'pondering'`)
    const [{ id }] = await schema.rows(
      `INSERT INTO eram_jobs (worker, queue, args, state) VALUES ('ThreadJob', 'thread', $1, 'pondering') RETURNING id::int`,
      [RETURN],
    )
    assert.equal((await runToCompletion(ThreadJob, RETURN)).state, 'completed')
    assert.equal((await job(id)).state, 'pondering')
    assert.equal((await engine.jobs.find(id))?.state, 'pondering')
    assert.equal((await engine.jobs.list({ queue: 'thread' })).length, 2)
  }))

test('a queue may have any name', async () => {
  const name = `we"ird 'queue' \\ ü \u2028 {%s} $1; --`
  await withEngine({ queues: { [name]: 2 } }, async ({ runToCompletion, engine }) => {
    const { state, queue } = await runToCompletion(ThreadJob, RETURN, { queue: name })
    assert.deepEqual([state, queue], ['completed', name])
    assert.equal((await engine.checkQueue(name))?.limit, 2)
    await engine.pause(name)
    await engine.resume(name)
    assert.equal((await runToCompletion(ThreadJob, RETURN, { queue: name })).state, 'completed')
  })
})
