// A real minute begins for several nodes at the same moment: its tick makes one job.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'

const TICKS = 2

test('the tick of a real minute makes one job, on any number of nodes', () =>
  withNodes(async ({ schema, start }) => {
    const options = { queues: { default: 5 }, cron: [['* * * * *', 'EffectJob', { quick: true }, { name: 'minute' }]] }
    await Promise.all(['a', 'b', 'c'].map((name) => start(name, options)))
    const ticks = () => schema.rows(`SELECT meta->>'cron_at' AS at, count(*)::int AS jobs FROM eram_jobs GROUP BY 1 ORDER BY 1`)
    await until(async () => assert.ok((await ticks()).length > TICKS), { timeout: (TICKS + 2) * 60_000, interval: 250 })
    // The last tick may still be in progress on another node; the others have been settled for a minute.
    assert.deepEqual(
      (await ticks()).slice(0, TICKS).map(({ jobs }) => jobs),
      Array(TICKS).fill(1),
    )
  }))
