// The leader is killed, frozen and asked to resign: another takes over, and there are never two. Real processes, real signals.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withNodes } from '../crash/nodes.js'
import { until, withSchema } from '../support/database.js'

const QUEUES = { default: 5 }

/**
 * Waits until one of these nodes leads and returns its name.
 *
 * @param {import('../support/database.js').Schema} schema
 * @param {string[]} names
 */
const waitForLeader = (schema, names) =>
  until(async () => {
    const { node } = await schema.row('SELECT node FROM eram_peers WHERE expires_at > now()')
    assert.ok(names.includes(node), node)
    return node
  })

describe('a leader', () => {
  test('that is killed is followed by another, which reports it, and its jobs run elsewhere', () =>
    withNodes(async ({ schema, start, enqueue, completed, presumeDead }) => {
      const killed = await start('killed', { queues: QUEUES, notify: false })
      await waitForLeader(schema, ['killed'])
      const held = await enqueue(Array(3).fill({ args: { hang: 'before' } }))
      await killed.waitForLog(held, 'begun')
      const successors = [
        await start('successor-1', { queues: QUEUES, notify: false }),
        await start('successor-2', { queues: QUEUES, notify: false }),
      ]
      const scheduled = await enqueue([{ schedule_in: 3 }])
      await killed.kill()
      await presumeDead('killed')
      const leader = await waitForLeader(schema, ['successor-1', 'successor-2'])
      await completed([...held, ...scheduled])
      const reported = successors.filter((it) => it.eventsOf('leader:elected').length > 0).map(({ name }) => name)
      assert.deepEqual(reported, [leader])
    }))

  test('that was frozen beyond its lease leads no more when it continues, and writes nothing as a leader', () =>
    withNodes(async ({ schema, start, enqueue, completed, presumeDead }) => {
      const frozen = await start('frozen', { queues: QUEUES, stager: { interval: 100 } })
      await waitForLeader(schema, ['frozen'])
      const successor = await start('successor', { queues: QUEUES })
      await frozen.freeze()
      await presumeDead('frozen')
      await waitForLeader(schema, ['successor'])
      await frozen.thaw()
      const lost = await frozen.waitForEvent('leader:lost')
      assert.ok(['expired', 'superseded'].includes(lost.reason), lost.reason)
      await completed(await enqueue([{ schedule_in: 1 }, { schedule_in: 2 }]))
      assert.deepEqual(frozen.eventsOf('stager:stop'), [])
      assert.ok(successor.eventsOf('stager:stop').length > 0)
      assert.equal(await waitForLeader(schema, ['successor']), 'successor')
    }))

  test('is one of two nodes of the same name, and only one', () =>
    withNodes(async ({ schema: { url, prefix }, start, enqueue, completed }) => {
      const nodes = [await start('node', { queues: QUEUES }), await start('node', { queues: QUEUES })]
      for (let round = 0; round < 3; round++) await completed(await enqueue([{}, { schedule_in: 0.5 }]))
      const leaders = nodes.filter((node) => node.eventsOf('stager:stop').length > 0).map(({ pid }) => pid)
      assert.equal(leaders.length, 1)
      const looker = await EramEngine.start({ url, prefix, logger: false })
      try {
        assert.deepEqual(
          (await looker.nodes()).map(({ node, pid, leader }) => ({ node, pid, leader })),
          nodes.map(({ pid }) => ({ node: 'node', pid, leader: leaders.includes(pid) })),
        )
      } finally {
        await looker.stop()
      }
    }))

  test('is known to every engine, and resigns when one asks', () =>
    withSchema(async ({ url, prefix, row }) => {
      /** @param {string} name @param {object} [options] */
      const start = (name, options) => EramEngine.start({ url, prefix, node: name, logger: false, queues: { [name]: 1 }, ...options })
      const { begun } = await row('SELECT clock_timestamp() AS begun')
      const first = await start('first')
      await until(async () => assert.equal((await first.leader())?.me, true))
      // Of the same name, in another process.
      const { fork } = await import('node:child_process')
      const program = new URL('../crash/programs/node.js', import.meta.url)
      const child = fork(program, [JSON.stringify({ url, prefix, node: 'second', queues: { second: 1 } })], { execArgv: [] })
      try {
        await until(async () => assert.equal((await first.status()).leading, true))
        const led = await first.leader()
        assert.deepEqual([led?.node, led?.me], ['first', true])
        assert.ok(led?.since instanceof Date && led.since >= begun)
        /** @type {any[]} */
        const lost = []
        first.on('leader:lost', (event) => lost.push(event))
        await new Promise((resolve) => child.once('message', resolve))
        assert.deepEqual(await first.resignLeader(), { node: 'first', since: led.since })
        await until(async () => {
          const leader = await first.leader()
          assert.deepEqual([leader?.node, leader?.me], ['second', false])
        })
        assert.deepEqual(lost, [{ event: 'leader:lost', node: 'first', since: led.since, reason: 'resigned' }])
        assert.equal((await first.status()).leading, false)
        const shy = await start('shy', { name: 'shy', peer: false })
        assert.equal(await shy.leader(), null)
        // It may show and end the lease of engines of another name, as an engine of operators does.
        assert.equal(await shy.resignLeader(), null)
        const second = await shy.leader({ name: first.name })
        assert.deepEqual([second?.node, second?.me], ['second', false])
        assert.deepEqual(await shy.resignLeader({ name: first.name }), { node: 'second', since: second?.since })
        await until(async () => assert.ok(Number((await shy.leader({ name: first.name }))?.since) > Number(second?.since)))
        await assert.rejects(shy.leader(/** @type {any} */ ({ name: 7 })), {
          code: 'ERAM_CONFIG',
          message: /leader\.name: expected the name/,
        })
        await shy.stop()
      } finally {
        child.kill('SIGKILL')
        await first.stop()
      }
    }))
})
