// Code that blocks its thread: the cost for its neighbours, for other queues and for the process.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'

const CLOCK = { worker: 'ClockJob', queue: 'clock' }
const QUEUES = { default: 5, blocked: 1, clock: 5 }

test('a job that never yields', (t) =>
  withNodes(async ({ schema, connect, start, enqueue, jobs, completed }) => {
    const node = await start('blocked', { queues: QUEUES, abort_grace: 500, grace: 2000, signals: true, heartbeat_interval: 200 })
    await completed(await enqueue([CLOCK, {}]))
    const [endless = 0] = await enqueue([{ queue: 'blocked', args: { hang: 'spin' } }])
    await node.waitForEvent('job:start', ({ job }) => job.id === endless)

    await t.test('delays neither other queues nor the heartbeat', async () => {
      for (let i = 0; i < 10; i++) await completed(await enqueue([CLOCK]))
      const heartbeat = async () => (await schema.row('SELECT min(updated_at) AS at FROM eram_producers')).at
      for (let i = 0; i < 2; i++) {
        const before = await heartbeat()
        await until(async () => assert.ok((await heartbeat()) > before))
      }
      assert.equal((await jobs([endless]))[0].state, 'executing')
    })

    // Its neighbours wait for a lock, so that none of them ends before it.
    const gate = await connect()
    const { pid: lock } = await gate.row('SELECT pg_backend_pid() AS pid')
    await gate.rows('SELECT pg_advisory_lock($1)', [lock])
    const neighbours = await enqueue(Array(4).fill({ args: { lock } }))
    await node.waitForLog(neighbours, 'begun')
    const [blocked = 0] = await enqueue([{ args: { hang: 'spin' }, timeout: 1000, max_attempts: 1 }])

    await t.test('fails by its timeout', async () => {
      const row = await until(async () => {
        const [found] = await jobs([blocked])
        assert.equal(found.state, 'discarded')
        return found
      })
      assert.deepEqual([row.attempt, row.errors.map((/** @type {any} */ { kind }) => kind)], [1, ['timeout']])
      assert.ok(row.discarded_at - row.attempted_at > 1000)
    })

    await t.test('makes its neighbours run again, without losing an attempt', async () => {
      await gate.end()
      for (const { attempt, errors, meta, crashes } of await completed(neighbours)) {
        assert.deepEqual([attempt, errors, meta, crashes], [1, [], { interrupted: 1 }, 0])
      }
      const effects = await schema.rows('SELECT job::int FROM effects WHERE job = ANY ($1) ORDER BY job', [neighbours])
      assert.deepEqual(
        effects.map(({ job }) => job),
        neighbours,
      )
    })

    await t.test('does not keep its process from ending', async () => {
      assert.equal((await jobs([endless]))[0].state, 'executing')
      assert.deepEqual(await node.signal('SIGTERM'), { code: 0, signal: null })
      const [{ state, attempt }] = await jobs([endless])
      assert.deepEqual([state, attempt], ['available', 0])
    })
  }))

test('a main thread that is blocked delays no job of a thread', () =>
  withNodes(async ({ start, enqueue, completed }) => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'eram-blocked-'))
    try {
      const node = await start('busy', { queues: { clock: 5 } })
      await completed(await enqueue([CLOCK]))
      await node.waitForEvent('job:stop')
      const file = path.join(folder, 'go')
      await node.block(file)
      await completed(await enqueue(Array(20).fill(CLOCK)))
      // The main thread would have reported them.
      assert.equal(node.eventsOf('job:stop').length, 1)
      await writeFile(file, '')
      await until(() => assert.equal(node.eventsOf('job:stop').length, 1 + 20))
    } finally {
      await rm(folder, { recursive: true })
    }
  }))
