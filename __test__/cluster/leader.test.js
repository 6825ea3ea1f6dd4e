// Who leads is killed, frozen, asked to resign; another takes over, and nobody leads beside it. Real processes, real signals.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withNodes } from '../crash/nodes.js'
import { until, withSchema } from '../support/database.js'

const QUEUES = { default: 5 }

/**
 * Waits until one of these nodes leads; its name, and when its term began.
 *
 * @param {import('../support/database.js').Schema} schema
 * @param {string[]} names
 */
const led = (schema, names) =>
  until(
    async () => {
      const { node, started_at } = await schema.row('SELECT node, started_at FROM eram_peers WHERE expires_at > now()')
      assert.ok(names.includes(node), node)
      return { node, at: started_at }
    },
    { timeout: 45_000 },
  )

describe('a leader', () => {
  test('that is killed is followed within 30 s, and its jobs run elsewhere within 30 s, also without notifications', () =>
    withNodes(async ({ schema, start, enqueue, completed }) => {
      const killed = await start('killed', { queues: QUEUES, notify: false })
      await led(schema, ['killed'])
      const held = await enqueue(Array(3).fill({ args: { hang: 'before' } }))
      await killed.waitForLog(held, 'begun')
      const successors = [
        await start('successor-1', { queues: QUEUES, notify: false }),
        await start('successor-2', { queues: QUEUES, notify: false }),
      ]
      const [due] = await enqueue([{ schedule_in: 20 }])
      const { at } = await schema.row('SELECT clock_timestamp() AS at')
      await killed.kill()
      const successor = await led(schema, ['successor-1', 'successor-2'])
      const later = (successor.at - at) / 1000
      assert.ok(later < 30, `another led after ${later} s`)
      const rows = await completed(held, { timeout: 60_000 })
      const again = Math.max(...rows.map(({ attempted_at }) => attempted_at - at)) / 1000
      assert.ok(again < 30, `its jobs ran again after ${again} s`)
      await completed([Number(due)], { timeout: 60_000 })
      const told = successors.filter((it) => it.eventsOf('leader:elected').length > 0).map(({ name }) => name)
      assert.deepEqual(told, [successor.node])
      console.log(`# another led after ${later.toFixed(1)} s, the jobs ran again after ${again.toFixed(1)} s`)
    }))

  test('that was frozen beyond its lease leads no more when it goes on, and writes nothing as a leader', () =>
    withNodes(async ({ schema, start, enqueue, completed }) => {
      const frozen = await start('frozen', { queues: QUEUES, stager: { interval: 100 } })
      await led(schema, ['frozen'])
      const successor = await start('successor', { queues: QUEUES })
      await frozen.freeze()
      await led(schema, ['successor'])
      await frozen.thaw()
      const lost = await frozen.waitForEvent('leader:lost')
      assert.ok(['expired', 'superseded'].includes(lost.reason), lost.reason)
      await completed(await enqueue([{ schedule_in: 1 }, { schedule_in: 2 }]))
      assert.deepEqual(frozen.eventsOf('stager:stop'), [])
      assert.ok(successor.eventsOf('stager:stop').length > 0)
      assert.equal((await led(schema, ['successor'])).node, 'successor')
    }))

  test('is one of two nodes of the same name, and only one', () =>
    withNodes(async ({ schema: { url, prefix }, start, enqueue, completed }) => {
      const twins = [await start('twin', { queues: QUEUES }), await start('twin', { queues: QUEUES })]
      for (let round = 0; round < 3; round++) await completed(await enqueue([{}, { schedule_in: 0.5 }]))
      const leaders = twins.filter((twin) => twin.eventsOf('stager:stop').length > 0).map(({ pid }) => pid)
      assert.equal(leaders.length, 1)
      const looker = await EramEngine.start({ url, prefix, logger: false })
      try {
        assert.deepEqual(
          (await looker.nodes()).map(({ node, pid, leader }) => ({ node, pid, leader })),
          twins.map(({ pid }) => ({ node: 'twin', pid, leader: leaders.includes(pid) })),
        )
      } finally {
        await looker.stop()
      }
    }))

  test('is known to every engine, and resigns when one asks', () =>
    withSchema(async ({ url, prefix }) => {
      /** @param {string} name @param {object} [options] */
      const start = (name, options) => EramEngine.start({ url, prefix, node: name, logger: false, queues: { [name]: 1 }, ...options })
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
        assert.ok(led?.since instanceof Date && Math.abs(Date.now() - led.since.getTime()) < 60_000)
        /** @type {any[]} */
        const lost = []
        first.on('leader:lost', (event) => lost.push(event))
        await new Promise((resolve) => child.once('message', resolve))
        assert.deepEqual(await first.resign(), { node: 'first', since: led.since })
        await until(async () => {
          const leader = await first.leader()
          assert.deepEqual([leader?.node, leader?.me], ['second', false])
        })
        assert.deepEqual(lost, [{ event: 'leader:lost', node: 'first', since: led.since, reason: 'resigned' }])
        assert.equal((await first.status()).leading, false)
        const shy = await start('shy', { name: 'shy', peer: false })
        assert.equal(await shy.leader(), null)
        await shy.stop()
      } finally {
        child.kill('SIGKILL')
        await first.stop()
      }
    }))
})
