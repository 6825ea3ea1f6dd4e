// Jobs in transactions on a node that is killed at random moments and started again: every effect is there once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'
import { randomFrom } from './random.js'

const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32))
const JOBS = 1000
const DEATHS = 4
const LIMIT = 10

test('1,000 jobs in transactions have their effects exactly once, whenever their node dies', (t) =>
  withNodes(async ({ schema, start, enqueue, completed, presumeDead }) => {
    t.diagnostic(`CRASH_SEED=${SEED}`)
    const random = randomFrom(SEED)
    const options = { queues: { transfers: LIMIT }, driver: { type: 'pg', config: { connectionString: schema.url } } }
    const drafts = Array.from({ length: JOBS }, () => ({ worker: 'TransferJob', queue: 'transfers', args: { ms: random(8) } }))
    const ids = await enqueue(drafts)
    const count = async () => (await schema.row('SELECT count(*)::int AS done FROM effects')).done
    let node = await start('node', options)
    for (let death = 0; death < DEATHS; death++) {
      // Jobs of dead nodes come later, and are not waited for.
      const moment = Math.floor(((JOBS - LIMIT * DEATHS) * (death + random(1000) / 1000)) / DEATHS)
      await until(async () => assert.ok((await count()) >= moment), { interval: 1 })
      await node.kill()
      await presumeDead('node')
      node = await start('node', options)
    }
    await completed(ids)

    await t.test('each has its effect once', async () => {
      const wrong = await schema.rows(
        'SELECT j.id, count(e.job)::int FROM eram_jobs AS j LEFT JOIN effects AS e ON e.job = j.id WHERE j.id = ANY ($1) GROUP BY j.id HAVING count(e.job) <> 1',
        [ids],
      )
      assert.deepEqual(wrong, [])
      assert.equal(await count(), JOBS)
    })

    await t.test('by the attempt that completed it', async () => {
      const others = await schema.rows('SELECT e.job FROM effects AS e JOIN eram_jobs AS j ON j.id = e.job WHERE e.attempt <> j.attempt')
      assert.deepEqual(others, [])
    })

    await t.test('and what it enqueued is there once', async () => {
      const { all, each } = await schema.row(
        `SELECT count(*)::int AS all, count(DISTINCT args->>'of')::int AS each FROM eram_jobs WHERE worker = 'ReceiptJob'`,
      )
      assert.deepEqual({ all, each }, { all: JOBS, each: JOBS })
    })

    await t.test('though some were cut off', async () => {
      const { lost } = await schema.row('SELECT count(*)::int AS lost FROM eram_jobs WHERE attempt > 1')
      assert.ok(lost > 0)
    })
  }))
