// How soon another node takes over from one that was killed, by the database's clock and with the waits that it has in production.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'

const QUEUES = { default: 5 }
const WITHIN = 30

test(`a killed leader is followed within ${WITHIN} s, and its jobs run elsewhere within ${WITHIN} s, also without notifications`, (t) =>
  withNodes(async ({ schema, start, enqueue, completed }) => {
    const leader = async () => (await schema.rows('SELECT node, started_at FROM eram_peers WHERE expires_at > now()'))[0]
    const killed = await start('killed', { queues: QUEUES, notify: false })
    await until(async () => assert.equal((await leader())?.node, 'killed'))
    const held = await enqueue(Array(3).fill({ args: { hang: 'before' } }))
    await killed.waitForLog(held, 'begun')
    for (const name of ['successor-1', 'successor-2']) await start(name, { queues: QUEUES, notify: false })
    const { at } = await schema.row('SELECT clock_timestamp() AS at')
    await killed.kill()
    const followed = await until(async () => {
      const led = await leader()
      assert.notEqual(led?.node ?? 'killed', 'killed')
      return (led.started_at - at) / 1000
    })
    const rows = await completed(held)
    const again = Math.max(...rows.map(({ attempted_at }) => attempted_at - at)) / 1000
    t.diagnostic(`another led after ${followed.toFixed(1)} s, the jobs ran again after ${again.toFixed(1)} s`)
    assert.ok(followed < WITHIN, `another led after ${followed} s`)
    assert.ok(again < WITHIN, `its jobs ran again after ${again} s`)
  }))
