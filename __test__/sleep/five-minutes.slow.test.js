// The time after which databases that bill for activity stop.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertSilent, withSleepers } from './sleepers.js'

test('a cluster of three engines makes no statement for five minutes, the next job is notified, and a scheduled one is in time', (t) =>
  withSleepers(async (cluster) => {
    const { nodes, row, start, asleep, wakes, woken, enqueue, done } = cluster
    await start(3)
    await asleep()
    await assertSilent(cluster, 300)
    const before = wakes()
    const first = await enqueue()
    const { late } = await done(first)
    for (const [i, node] of nodes.entries()) {
      const { reason, slept_ms } = await woken(node, before[i] ?? 0)
      assert.equal(reason, 'notified')
      assert.ok(slept_ms >= 300_000)
    }
    const { run } = await row(
      'SELECT extract(epoch FROM e.at - j.inserted_at)::float AS run FROM effects AS e JOIN eram_jobs AS j ON j.id = e.job WHERE j.id = $1',
      [first],
    )
    t.diagnostic(`the job was claimed ${Math.round(late * 1000)} ms after its insert, and had run ${Math.round(run * 1000)} ms after it`)

    await asleep()
    const slept = wakes()
    const scheduled = await enqueue({ schedule_in: 75 })
    for (const [i, node] of nodes.entries()) await woken(node, slept[i] ?? 0)
    await asleep()
    const { late: delay } = await done(scheduled)
    const { staged } = await row('SELECT attempted_at >= scheduled_at AS staged FROM eram_jobs WHERE id = $1', [scheduled])
    assert.ok(staged, 'not before it was due')
    t.diagnostic(`the scheduled job was claimed ${Math.round(delay * 1000)} ms after it was due`)
    // Neither the longest sleep nor a rescue was waited for.
    assert.ok(delay < 5)
  }))
