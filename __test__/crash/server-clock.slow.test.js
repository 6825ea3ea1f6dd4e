// The clock of the database's server steps or stands still: a failover to a host whose clock is off, a machine that was resumed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { startPostgres } from '../../scripts/postgres.js'
import { schema as schemaOf, until } from '../support/database.js'
import { clusterOf, startNode } from './nodes.js'
import { cannotShift, openToAll, SHIFTED, setClock, stopClock } from './shifted-clock.js'

const HOUR = 3_600
const DAY = 86_400
/** How long another node may take to run the jobs of a killed one, in milliseconds. */
const WITHIN = 60_000

/** @type {[string, () => void][]} */
const CHANGES = [
  ['steps back by an hour', () => setClock(-HOUR)],
  ['steps back by a day', () => setClock(-DAY)],
  ['steps ahead by an hour', () => setClock(HOUR)],
  ['stands still', () => stopClock(true)],
]

describe('the clock of the server', { skip: cannotShift() }, () => {
  for (const [what, change] of CHANGES) {
    test(`${what}: jobs of a killed leader run elsewhere, those of a live node are left alone`, async (t) => {
      stopClock(false)
      openToAll()
      const server = await startPostgres({ env: SHIFTED })
      /** @type {Awaited<ReturnType<typeof startNode>>[]} */
      const nodes = []
      const own = await schemaOf({ url: server.url })
      try {
        await own.rows(
          'CREATE TABLE effects (job bigint NOT NULL, attempt integer NOT NULL, pid integer NOT NULL, at timestamptz DEFAULT now())',
        )
        const { enqueue, jobs, completed } = clusterOf(own)
        const start = async (/** @type {string} */ name, /** @type {Record<string, number>} */ queues) => {
          const node = await startNode(own, name, { queues })
          nodes.push(node)
          return node
        }
        const leader = async () => (await own.rows('SELECT node FROM eram_peers'))[0]?.node
        const killed = await start('killed', { risky: 5 })
        await until(async () => assert.equal(await leader(), 'killed'))
        const live = await start('live', { calm: 5 })
        const risky = await enqueue(Array(2).fill({ queue: 'risky', args: { hang: 'before' } }))
        const calm = await enqueue(Array(3).fill({ queue: 'calm', args: { ms: 60_000 } }))
        await killed.waitForLog(risky, 'begun')
        await live.waitForLog(calm, 'begun')
        change()
        risky.push(...(await enqueue(Array(2).fill({ queue: 'risky', args: { hang: 'before' } }))))
        await killed.waitForLog(risky, 'begun')
        const begun = performance.now()
        await killed.kill()
        await start('heir', { risky: 5 })
        await completed(risky, { timeout: WITHIN })
        t.diagnostic(`its jobs ran again within ${((performance.now() - begun) / 1000).toFixed(1)} s`)
        assert.notEqual(await leader(), 'killed')
        const rows = await completed(calm, { timeout: 2 * WITHIN })
        assert.deepEqual(
          rows.map(({ attempt, crashes, attempted_by: [node] }) => ({ attempt, crashes, node })),
          Array(3).fill({ attempt: 1, crashes: 0, node: 'live' }),
        )
        assert.deepEqual(
          (await jobs(risky)).map(({ crashes }) => crashes),
          Array(4).fill(1),
        )
      } finally {
        await Promise.all(nodes.map((node) => node.kill()))
        await own.end()
        stopClock(false)
        await server.stop()
      }
    })
  }
})
