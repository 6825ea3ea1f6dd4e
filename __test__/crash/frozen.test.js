// A node stands still (SIGSTOP) for longer than its heart may, and goes on (SIGCONT) when another has done its jobs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { freezeAhead, teachToClaimAhead, withNodes } from './nodes.js'

const QUEUES = { default: 1 }
/** For how many milliseconds after a heartbeat an executor begins jobs: less than what makes its producer lost. */
const HEARTBEAT_TRUST = 12_000

test('a node that was frozen', (t) =>
  withNodes(async (cluster) => {
    const { schema, start, enqueue, jobs, completed, presumeDead } = cluster
    const frozen = await start('frozen', { queues: QUEUES })
    await teachToClaimAhead(cluster, 'default')
    const { ids, claimed } = await freezeAhead(cluster, frozen, 'default')
    const since = performance.now()
    const [running = 0, ...ahead] = claimed
    const [{ uuid }] = await schema.rows('SELECT uuid FROM eram_producers')
    await presumeDead('frozen')

    const rescuer = await start('rescuer', { queues: QUEUES })
    await completed(ids)
    await rescuer.kill()
    const before = await jobs(ids)
    // The database presumes it dead before its silence has lasted that long.
    await until(() => assert.ok(performance.now() - since > HEARTBEAT_TRUST))
    frozen.thaw()
    await Promise.all([frozen.waitForEvent('producer:lost'), frozen.waitForEvent('job:lost', ({ job }) => job.id === running)])

    await t.test('cannot overwrite the results of the other node', async () => {
      const [row] = await jobs([running])
      assert.deepEqual([row.state, row.attempt, row.attempted_by[0]], ['completed', 2, 'rescuer'])
      assert.deepEqual(
        row.errors.map((/** @type {any} */ { kind }) => kind),
        ['lost'],
      )
      assert.deepEqual(await jobs(ids), before)
    })

    await t.test('begins none of the jobs that it had claimed', async () => {
      const effects = await schema.rows('SELECT job::int, attempt FROM effects WHERE job = ANY ($1) ORDER BY job', [ahead])
      assert.deepEqual(
        effects,
        ahead.map((job) => ({ job, attempt: 2 })),
      )
      const begun = frozen.eventsOf('job:start').map(({ job }) => job.id)
      assert.deepEqual(
        ahead.filter((id) => begun.includes(id)),
        [],
      )
    })

    await t.test('reports which jobs were lost', () =>
      // Its last acks may still be on their way.
      until(() => {
        // What it had not begun it forgets or hands back in vain, whatever comes first.
        const forgotten = frozen.eventsOf('producer:lost').flatMap((event) => event.jobs)
        const lost = frozen.eventsOf('job:lost').map(({ job, state }) => [job.id, state])
        assert.deepEqual(
          lost.filter(([, state]) => state !== 'released'),
          [[running, 'success']],
        )
        const back = lost.filter(([, state]) => state === 'released').map(([id]) => id)
        assert.deepEqual(
          [...forgotten, ...back].toSorted((a, b) => a - b),
          ahead,
        )
      }),
    )

    await t.test('registers again and continues to work', async () => {
      await until(async () => {
        const mine = await schema.rows(`SELECT uuid FROM eram_producers WHERE node = 'frozen'`)
        assert.equal(mine.length, 1)
        assert.notEqual(mine[0].uuid, uuid)
      })
      for (const row of await completed(await enqueue(Array(20).fill({})))) {
        assert.deepEqual([row.attempt, row.errors, row.attempted_by[0]], [1, [], 'frozen'])
      }
    })
  }))
