// Nodes run what they enqueue themselves, so that most jobs are claimed by the transaction that inserts them. They are killed and
// cut off meanwhile: no acknowledged job is lost, and none runs twice without a record of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'
import { randomFrom } from './random.js'

const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32))
const FAULTS = 10
const QUEUES = { default: 5 }

test('jobs that are claimed as they are inserted survive deaths and cuts of their nodes', (t) =>
  withNodes(async ({ schema, start, completed, presumeDead }) => {
    t.diagnostic(`CRASH_SEED=${SEED}`)
    const random = randomFrom(SEED)
    const begin = async (/** @type {string} */ name) => {
      const node = await start(name, { queues: QUEUES })
      all.push(node)
      node.call(true)
      return node
    }
    /** @type {import('./nodes.js').Node[]} */
    const all = []
    const nodes = [await begin('a'), await begin('b')]
    const acknowledged = () => all.flatMap((node) => node.eventsOf('acknowledged').map(({ id }) => Number(id)))
    for (let fault = 0; fault < FAULTS; fault++) {
      const moment = acknowledged().length + 20 + random(100)
      await until(() => assert.ok(acknowledged().length >= moment), { interval: 1 })
      const which = random(2)
      if (fault % 2) {
        await nodes[which]?.kill()
        await presumeDead(which === 0 ? 'a' : 'b')
        nodes[which] = await begin(which === 0 ? 'a' : 'b')
      } else {
        const cut = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, $1)'
        await schema.rows(cut, [which === 0 ? 'a' : 'b'])
      }
    }
    for (const node of nodes) node.call(false)
    await completed(acknowledged())
    // Also those whose insert was not acknowledged.
    await until(async () => assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE state <> 'completed'`), []))
    const [{ jobs, together }] = await schema.rows(
      'SELECT count(*)::int AS jobs, count(*) FILTER (WHERE attempted_at = inserted_at)::int AS together FROM eram_jobs',
    )
    t.diagnostic(`${jobs} jobs, ${together} of them claimed by their insert`)

    await t.test('many were', () => assert.ok(together > jobs / 10))

    await t.test('each has its effect, twice only where an attempt is recorded as lost', async () => {
      const wrong = await schema.rows(`
        SELECT j.id, j.attempt, count(e.job)::int AS effects, cardinality(j.errors) AS lost
        FROM eram_jobs AS j LEFT JOIN effects AS e ON e.job = j.id
        GROUP BY j.id HAVING count(e.job) = 0 OR count(e.job) > cardinality(j.errors) + 1`)
      assert.deepEqual(wrong, [])
      const kinds = await schema.rows(`SELECT DISTINCT entry->>'kind' AS kind FROM eram_jobs, unnest(errors) AS entry`)
      assert.ok(kinds.every(({ kind }) => kind === 'lost'))
    })
  }))
