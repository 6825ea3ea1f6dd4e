// Large arguments and large numbers of jobs, and what they cost.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'
import { waitForSentinel } from '../support/sentinel.js'

const MIB = 2 ** 20
const BULK = 100_000

/** @param {string} text */
const hash = (text) => createHash('sha256').update(text).digest('hex')

/** Some text of so many bytes that does not repeat. @param {number} bytes */
const textOf = (bytes) => {
  const part = Array.from({ length: 1000 }, (_, i) => i.toString(36)).join('-')
  return part.repeat(Math.ceil(bytes / part.length)).slice(0, bytes)
}

test('arguments of 9 kB, 1 MB and 50 MB arrive as they were, and wake a queue that sleeps', () =>
  withEngine({ queues: { thread: { limit: 2, poll_interval: 60_000 } }, max_args_bytes: 60 * MIB }, async ({ schema, waitForState }) => {
    await waitForState(await enqueue(ThreadJob, { action: 'return' }), 'completed')
    for (const bytes of [9000, MIB, 50 * MIB]) {
      await waitForSentinel(schema, 'thread')
      const text = textOf(bytes)
      const id = await enqueue(ThreadJob, { action: 'hash', text })
      assert.deepEqual((await waitForState(id, 'completed')).result, { bytes, hash: hash(text) })
    }
  }))

test('arguments that are too large are refused before they are sent, and nothing is left of them', () =>
  withEngine({ queues: {} }, async ({ schema }) => {
    const around = JSON.stringify({ action: 'hash', text: '' }).length
    const just = { action: 'hash', text: textOf(MIB - around) }
    await ThreadJob.enqueue(just)
    for (const text of [`${just.text}x`, textOf(300 * MIB)]) {
      await assert.rejects(ThreadJob.enqueue({ ...just, text }), {
        code: 'ERAM_JOB',
        message: /^ThreadJob\.args: expected at most 1048576 bytes, got (\d+|more); keep the data elsewhere/,
      })
    }
    assert.equal((await schema.rows('SELECT id FROM eram_jobs')).length, 1)
  }))

test('a bulk of 100,000 jobs is one transaction, and takes less than 200 MB of memory', (t) =>
  withSchema(async ({ url, prefix, row, rows }) => {
    const engine = await EramEngine.start({ url, prefix })
    try {
      // Drafts are made as they are taken.
      const drafts = function* (/** @type {number} */ count) {
        for (let i = 0; i < count; i++) yield ThreadJob.new({ action: 'return', value: i }, { priority: i % 4 })
      }
      await engine.enqueueAll(drafts(5000))
      const before = process.memoryUsage.rss()
      let most = before
      const watch = setInterval(() => {
        most = Math.max(most, process.memoryUsage.rss())
      }, 10)
      const jobs = await engine.enqueueAll(drafts(BULK))
      clearInterval(watch)
      t.diagnostic(`${Math.round((most - before) / MIB)} MiB more than before`)
      assert.equal(jobs.length, BULK)
      assert.ok(most - before < 200_000_000, `${most - before} bytes`)
      // In the order of their drafts, each once.
      const [first, last] = [Number(jobs[0]?.id), Number(jobs.at(-1)?.id)]
      const { count, wrong, transactions } = await row(
        `SELECT count(*)::int, count(*) FILTER (WHERE (args->>'value')::int <> id - $1)::int AS wrong, count(DISTINCT inserted_at)::int AS transactions
         FROM eram_jobs WHERE id BETWEEN $1 AND $2`,
        [first, last],
      )
      assert.deepEqual([count, wrong, transactions], [BULK, 0, 1])

      // One that is refused at the end, and nothing of it is there.
      await rows(`ALTER TABLE eram_jobs ADD CONSTRAINT no_lasts CHECK (args->>'value' <> '19999') NOT VALID`)
      await assert.rejects(engine.enqueueAll(drafts(20_000)), { code: 'ERAM_DATABASE', sqlstate: '23514' })
      assert.equal((await row('SELECT count(*)::int FROM eram_jobs')).count, BULK + 5000)
    } finally {
      await engine.stop()
    }
  }))
