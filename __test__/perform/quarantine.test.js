// Jobs that kill the thread, process or node that they run in.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withNodes } from '../crash/nodes.js'
import { until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { NeighbourJob, PoisonJob } from '../support/fixtures/poison.js'

test('a job that kills its thread each time is isolated and discarded; the other nine are completed', () =>
  withEngine({ queues: { shared: 10 } }, async ({ engine, schema, waitForState, recordEvents }) => {
    const deaths = recordEvents('thread:exit')
    await engine.pause('shared')
    const poison = await PoisonJob.enqueue({})
    const good = await Promise.all(Array.from({ length: 9 }, () => NeighbourJob.enqueue({})))
    await engine.resume('shared')
    const given = await waitForState(Number(poison.id), 'discarded', { timeout: 60_000 })
    assert.deepEqual([given.crashes, given.attempt, given.errors.length], [3, 3, 3])
    for (const { kind, message } of given.errors) {
      assert.equal(kind, 'crash')
      assert.match(message, /exited with code 7/)
    }
    for (const { id } of good) {
      const row = await waitForState(Number(id), 'completed', { timeout: 60_000 })
      assert.ok(row.crashes <= 2, `${row.crashes} crashes`)
      // Only what crashed twice was alone.
      assert.equal(row.result, row.crashes === 2 ? 'alone' : 'shared')
    }
    assert.deepEqual(
      deaths.map(({ isolation }) => isolation),
      ['thread', 'thread', 'process'],
    )
    // The queue goes on as if nothing had been.
    const after = await NeighbourJob.enqueue({})
    assert.equal((await waitForState(Number(after.id), 'completed')).result, 'shared')
    assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE state NOT IN ('completed', 'discarded')`), [])
  }))

test('max_crashes limits the crashes of a job', () =>
  withEngine({ queues: { shared: 10 }, max_crashes: 4 }, async ({ waitForState }) => {
    const { id } = await PoisonJob.enqueue({})
    const given = await waitForState(Number(id), 'discarded', { timeout: 60_000 })
    assert.equal(given.crashes, 4)
  }))

test('a job that crashed two nodes runs alone in a process, and crashes no third', () =>
  withNodes(async ({ schema, start, enqueue, jobs }) => {
    const [poison] = await enqueue([{ worker: 'SegfaultJob', queue: 'native', args: {} }])
    const good = await enqueue(Array.from({ length: 3 }, () => ({ queue: 'native', args: { hang: 'before' } })))
    // As the lifeline leaves them after two nodes that died.
    await schema.rows('UPDATE eram_jobs SET crashes = 2, attempt = 2')
    const node = await start('third', { queues: { native: 10 } })
    await until(
      async () =>
        assert.deepEqual(
          (await jobs([Number(poison), ...good])).map(({ state }) => state),
          ['discarded', 'completed', 'completed', 'completed'],
        ),
      { timeout: 60_000 },
    )
    const [row] = await jobs([Number(poison)])
    assert.match(row.errors.at(-1).message, /SIGSEGV/)
    assert.equal(await Promise.race([node.ended, 'alive']), 'alive')
  }))
