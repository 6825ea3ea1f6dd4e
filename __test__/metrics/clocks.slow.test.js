// Rows of metrics have the time of the database, whatever the clock of a node says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withNodes } from '../crash/nodes.js'
import { cannotShift, SHIFTED, setClock } from '../crash/shifted-clock.js'
import { until } from '../support/database.js'

test('a node whose clock is an hour off, and is set back by two, labels its counts by the database', { skip: cannotShift() }, () =>
  withNodes(async ({ schema, start, enqueue, completed }) => {
    const { begun } = await schema.row('SELECT clock_timestamp() AS begun')
    setClock(3600)
    const node = await start('wrong', { queues: { default: 5 } }, SHIFTED)
    const rows = () =>
      schema.rows(`SELECT bucket, boot, data->'s'->0->2->>0 AS success FROM eram_metrics WHERE node = 'wrong' ORDER BY bucket`)
    for (const [shift, written] of /** @type {[number, number][]} */ ([
      [3600, 1],
      [-3600, 2],
    ])) {
      setClock(shift)
      const now = await node.now()
      assert.ok(Math.abs(now - Date.now() - shift * 1000) < 60_000, `${now} is not ${shift} s ahead`)
      await completed(await enqueue([{ args: { quick: true } }, { args: { quick: true } }]))
      await until(async () => assert.ok((await rows()).length >= written), { timeout: 60_000 })
    }
    const all = await rows()
    const { now } = await schema.row('SELECT clock_timestamp() AS now')
    for (const { bucket } of all) {
      assert.equal(bucket.getTime() % 10_000, 0)
      assert.ok(bucket.getTime() > begun.getTime() - 10_000 && bucket <= now, `${bucket.toISOString()} is not between ${begun} and ${now}`)
    }
    assert.equal(new Set(all.map(({ bucket, boot }) => `${bucket} ${boot}`)).size, all.length)
    assert.equal(
      all.reduce((sum, { success }) => sum + Number(success ?? 0), 0),
      4,
    )
  }),
)
