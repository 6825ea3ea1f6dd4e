// What an engine leaves behind when it stops: no claimed job, no producer, no connection, and a sentinel on another node.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withJournal } from '../crash/journal.js'
import { withNodes } from '../crash/nodes.js'
import { JournalJob } from '../crash/programs/journal.js'
import { withServer } from '../crash/server.js'
import { until, withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const HOUR = 3_600_000

/** @param {Schema} schema */
async function assertNothingIsHeld({ rows }) {
  assert.deepEqual(await rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`), [])
  assert.deepEqual(await rows('SELECT node, queue FROM eram_producers'), [])
}

test('a busy engine that stops without grace hands back all that it has claimed', () =>
  withJournal(({ file, entries }) =>
    withSchema(async (schema) => {
      const { url, prefix, rows } = schema
      const drafts = Array(5000).fill({ worker: 'JournalJob', queue: 'journal', args: { file, ms: 1 } })
      await rows('SELECT FROM eram_enqueue_jobs($1::jsonb)', [JSON.stringify(drafts)])
      for (let i = 0; i < 8; i++) {
        const engine = await EramEngine.start({ url, prefix, queues: { journal: 20 } })
        const { length } = await entries()
        // At another moment each time.
        await until(async () => assert.ok((await entries()).length > length + i * 10), { interval: 1 })
        await engine.stop({ grace: 0 })
        await assertNothingIsHeld(schema)
      }
      assert.deepEqual(await rows(`SELECT id FROM eram_jobs WHERE errors <> '{}' OR attempt > 1`), [])
      // What had begun may have been interrupted; each such time is counted.
      const { extra } = await schema.row(
        `
        SELECT count(*)::int AS extra FROM eram_jobs AS j
        WHERE (SELECT count(*) FROM unnest($1::int[]) AS e(job) WHERE e.job = j.id) > 1 + coalesce((meta->'interrupted')::int, 0)`,
        [(await entries()).map(({ job }) => job)],
      )
      assert.equal(extra, 0)
    }),
  ))

describe('a process', { concurrency: 2 }, () => {
  test('that gets SIGTERM lets jobs end within the grace, aborts the others, and hands back those that do not react', () =>
    withNodes(async ({ schema, start, enqueue, jobs }) => {
      const node = await start('leaving', { queues: { default: 10 }, signals: true, grace: 3000, abort_grace: 1000 })
      const short = await enqueue(Array(5).fill({ args: { ms: 300 } }))
      const cooperative = await enqueue(Array(3).fill({ args: { abortable: true } }))
      const deaf = await enqueue(Array(2).fill({ args: { hang: 'before' } }))
      await node.waitForLog([...short, ...cooperative, ...deaf], 'begun')
      const begun = performance.now()
      assert.deepEqual(await node.signal('SIGTERM'), { code: 0, signal: null })
      assert.ok(performance.now() - begun > 2000, 'the jobs have their grace')
      assert.deepEqual(
        (await jobs(short)).map(({ state, attempt }) => [state, attempt]),
        Array(5).fill(['completed', 1]),
      )
      for (const { state, attempt, meta, errors } of await jobs([...cooperative, ...deaf])) {
        assert.deepEqual([state, attempt, meta, errors], ['available', 0, { interrupted: 1 }, []])
      }
      const [{ released }] = node.eventsOf('queue:shutdown')
      assert.deepEqual(
        released.toSorted((/** @type {number} */ a, /** @type {number} */ b) => a - b),
        [...cooperative, ...deaf],
      )
      await assertNothingIsHeld(schema)
    }))

  test('that exits in the middle of its work hands back all that it has claimed', () =>
    withNodes(async ({ schema, start, enqueue, jobs }) => {
      const ids = await enqueue(Array(2000).fill({ args: { ms: 1 } }))
      const node = await start('leaving', { queues: { default: 20 } })
      await until(async () => assert.ok((await jobs(ids)).filter(({ state }) => state === 'completed').length > 100), { interval: 5 })
      assert.deepEqual(await node.exit(7), { code: 7, signal: null })
      await assertNothingIsHeld(schema)
      assert.deepEqual(
        (await jobs(ids)).filter(({ attempt, errors }) => attempt > 1 || errors.length > 0),
        [],
      )
    }))

  test('leaves no connection behind when its engine has stopped', () =>
    withSchema(async ({ url, prefix, rows }) => {
      const address = new URL(url)
      address.searchParams.set('application_name', prefix)
      const connections = () => rows('SELECT application_name FROM pg_stat_activity WHERE starts_with(application_name, $1)', [prefix])
      const engine = await EramEngine.start({ url: address.href, prefix, queues: { journal: 1 } })
      assert.ok((await connections()).length > 0)
      await engine.stop()
      await until(async () => assert.deepEqual(await connections(), []))
    }))
})

test('stop() ends without a database, and leaves its jobs on record for other nodes', () =>
  withJournal(({ file }) =>
    withServer(async ({ server, start, connect }) => {
      const { engine } = await start({ queues: { journal: 2 } })
      await engine.enqueueAll(Array.from({ length: 2 }, () => JournalJob.new({ file, ms: 600_000 })))
      const { rows } = await connect()
      await until(async () => assert.equal((await rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`)).length, 2))
      await server.down()
      // Its jobs would run for ten minutes.
      await engine.stop({ grace: 500 })
      await server.up()
      const again = await connect()
      assert.equal((await again.rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`)).length, 2)
      assert.equal((await again.rows('SELECT uuid FROM eram_producers')).length, 1)
    }),
  ))

describe('of two idle nodes', { concurrency: 2 }, () => {
  for (const [how, leave] of /** @type {[string, (node: import('../crash/nodes.js').Node) => Promise<unknown>][]} */ ([
    ['stops', (node) => node.signal('SIGTERM')],
    ['is killed', (node) => node.kill()],
  ])) {
    test(`when the one that is notified ${how}, the other is notified`, () =>
      withNodes(async ({ schema, start, enqueue, completed }) => {
        const options = { queues: { default: 5 }, signals: true, poll_interval: HOUR }
        const watching = async () =>
          (
            await schema.rows(
              `SELECT a.application_name AS name FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
             WHERE l.locktype = 'advisory' AND l.mode = 'ExclusiveLock' AND l.granted AND l.objsubid = 1
               AND (l.classid::bigint << 32 | l.objid::bigint) = eram_queue_key('default')`,
            )
          ).map(({ name }) => name)
        const nodes = [await start('one', options)]
        await until(async () => assert.deepEqual(await watching(), ['one listen']))
        nodes.push(await start('two', options))
        // Both have worked, and rely on the sentinel again.
        await completed(await enqueue(Array(20).fill({ args: { ms: 50 } })))
        const [watcher] = await until(async () => {
          const names = await watching()
          assert.equal(names.length, 1)
          return names
        })
        const [leaving, staying] = watcher === 'one listen' ? nodes : nodes.toReversed()
        assert.ok(leaving && staying)
        await leave(leaving)
        const [row] = await completed(await enqueue([{}]))
        assert.equal(row.attempted_by[0], staying.name)
        await until(async () => assert.deepEqual(await watching(), [`${staying.name} listen`]))
      }))
  }
})
