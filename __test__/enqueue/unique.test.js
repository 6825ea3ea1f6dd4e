// Unique jobs as JavaScript sees them: the keys that are written down, windows, and a place that another has taken.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { sql, withSchema } from '../support/database.js'

/** @typedef {{ what: string, draft: { worker: string, args?: Record<string, unknown>, [option: string]: any }, key: string }} Vector */
/** @type {Vector[]} */
const VECTORS = JSON.parse(readFileSync(new URL('../support/fixtures/unique-keys.json', import.meta.url), 'utf8'))

class Invoice extends EramJob {
  static {
    Invoice.register({ unique: { period: 60, window: 'sliding', timestamp: 'scheduled_at', keys: ['customer'] } })
  }

  /** @param {{ customer: number, at?: string }} _args */
  async perform(_args) {}
}

/** @param {string} text */
const sha256 = (text) => createHash('sha256').update(text).digest('hex')

test('a key is the hash of a documented text', () => {
  const [forever, minute] = VECTORS
  assert.equal(forever?.key, sha256('[null,"default","Sample",{},null]'))
  assert.equal(minute?.key, sha256(`[${Date.UTC(2100, 0) / 60_000},"default","Sample",{},null]`))
})

test('every way in gives the keys that are written down', () =>
  withSchema(async ({ url, prefix, rows, row }) => {
    const engine = await EramEngine.start({ url, prefix })
    const { client, end } = await sql(url, prefix)
    try {
      for (const { what, draft, key } of VECTORS) {
        const { worker, args = {}, scheduled_at, ...options } = draft
        const job = { ...options, ...(scheduled_at && { scheduled_at: new Date(scheduled_at) }) }
        const put = [
          () => rows('SELECT eram_enqueue($1)', [JSON.stringify(draft)]),
          () => engine.enqueue(worker, args, job),
          async () => {
            await client.query('BEGIN')
            await engine.enqueue(worker, args, { ...job, tx: client })
            await client.query('COMMIT')
          },
          () => engine.enqueueAll([{ worker, args, ...job }]),
        ]
        for (const enqueue of put) {
          await enqueue()
          assert.deepEqual(await row(`SELECT encode(unique_key, 'hex') AS key FROM eram_jobs`), { key }, what)
          await rows('DELETE FROM eram_jobs')
        }
      }
    } finally {
      await engine.stop()
      await end()
    }
  }))

test('in a sliding window no job comes within the period of another, in bulk and from many sides at once', () =>
  withSchema(async ({ url, prefix, row }) => {
    const engine = await EramEngine.start({ url, prefix })
    try {
      const at = (/** @type {number} */ second) => new Date(Date.UTC(2100, 0, 1, 1) + second * 1000)
      const first = await Invoice.enqueue({ customer: 1, at: 'a' }, { scheduled_at: at(30) })
      const near = await Invoice.enqueue({ customer: 1, at: 'b' }, { scheduled_at: at(89) })
      assert.deepEqual([first.conflict, near.conflict, near.id], [false, true, first.id])
      assert.equal((await Invoice.enqueue({ customer: 1 }, { scheduled_at: at(90) })).conflict, false)
      const drafts = Array.from({ length: 50 }, (_, n) => Invoice.new({ customer: 2 + (n % 2) }, { scheduled_at: at(n * 10) }))
      await Promise.all([
        engine.enqueueAll(drafts),
        engine.enqueueAll([...drafts].reverse()),
        ...drafts.map((_, n) => Invoice.enqueue({ customer: 2 }, { scheduled_at: at(n * 7) })),
      ])
      const { close } = await row(
        `SELECT count(*)::int AS close FROM eram_jobs AS a JOIN eram_jobs AS b ON a.id < b.id AND a.args->'customer' = b.args->'customer'
         WHERE abs(extract(epoch FROM a.scheduled_at - b.scheduled_at)) < 60`,
      )
      assert.equal(close, 0)
    } finally {
      await engine.stop()
    }
  }))

test('a retry of a job whose key another job has taken is refused, with the id of that job', () =>
  withSchema(async ({ url, prefix }) => {
    const engine = await EramEngine.start({ url, prefix })
    try {
      const options = { unique: true }
      const old = await engine.enqueue('Sample', { n: 1 }, options)
      await engine.jobs.cancel(old.id)
      const { id } = await engine.enqueue('Sample', { n: 1 }, options)
      assert.notEqual(id, old.id)
      await assert.rejects(engine.jobs.retry(old.id), {
        code: 'ERAM_UNIQUE_CONFLICT',
        message: `jobs.retry: expected jobs whose unique keys are free, got job ${old.id}, whose key job ${id} has taken`,
      })
      assert.equal((await engine.jobs.find(old.id))?.state, 'cancelled')
    } finally {
      await engine.stop()
    }
  }))
