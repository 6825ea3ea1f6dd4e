// Two nodes, four queues, and five deaths at random moments: no job is lost, and none runs twice without a record of it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'
import { randomFrom } from './random.js'

const SEED = Number(process.env.CRASH_SEED ?? Math.floor(Math.random() * 2 ** 32))
const DEATHS = 5
const WAVE = 1000
const NAMES = ['one', 'two', 'three', 'four']
const QUEUES = Object.fromEntries(NAMES.map((name) => [name, 20]))

test('5,000 jobs survive five deaths of their nodes', (t) =>
  withNodes(async ({ schema, start, enqueue, completed, presumeDead }) => {
    t.diagnostic(`CRASH_SEED=${SEED}`)
    const random = randomFrom(SEED)
    const nodes = [await start('a', { queues: QUEUES }), await start('b', { queues: QUEUES })]
    /** @type {number[]} */
    const ids = []
    for (let death = 0; death < DEATHS; death++) {
      const drafts = Array.from({ length: WAVE }, () => ({ queue: NAMES[random(4)], args: { ms: random(8) } }))
      const before = ids.length
      ids.push(...(await enqueue(drafts)))
      const moment = before + random(WAVE * 0.8)
      // Those that died with their node come later, and are not waited for.
      await until(
        async () => assert.ok((await schema.row('SELECT count(DISTINCT job)::int AS done FROM effects')).done >= moment - 160 * death),
        { interval: 1 },
      )
      const which = random(2)
      await nodes[which]?.kill()
      await presumeDead(which === 0 ? 'a' : 'b')
      nodes[which] = await start(which === 0 ? 'a' : 'b', { queues: QUEUES })
    }
    await completed(ids)

    await t.test('each is completed, with its effect', async () => {
      const missing = await schema.rows('SELECT j.id FROM eram_jobs AS j WHERE NOT EXISTS (SELECT FROM effects AS e WHERE e.job = j.id)')
      assert.deepEqual(missing, [])
      const { jobs } = await schema.row(`SELECT count(*)::int AS jobs FROM eram_jobs WHERE state = 'completed'`)
      assert.equal(jobs, DEATHS * WAVE)
    })

    await t.test('an effect comes twice only where an attempt is recorded as lost', async () => {
      const twice = await schema.rows(`
        SELECT e.job, e.attempt, count(*)
        FROM effects AS e JOIN eram_jobs AS j ON j.id = e.job
        WHERE e.attempt < j.attempt AND NOT EXISTS (
          SELECT FROM unnest(j.errors) AS entry WHERE entry->>'kind' = 'lost' AND (entry->>'attempt')::int = e.attempt)
        GROUP BY e.job, e.attempt
        UNION ALL
        SELECT e.job, e.attempt, count(*) FROM effects AS e GROUP BY e.job, e.attempt HAVING count(*) > 1`)
      assert.deepEqual(twice, [])
    })

    await t.test('nothing else happened to them', async () => {
      const kinds = await schema.rows(`SELECT DISTINCT entry->>'kind' AS kind FROM eram_jobs, unnest(errors) AS entry`)
      assert.deepEqual(kinds, [{ kind: 'lost' }])
      assert.deepEqual(
        await schema.rows('SELECT id FROM eram_jobs WHERE attempt <> cardinality(errors) + 1 OR crashes <> cardinality(errors)'),
        [],
      )
    })

    await t.test('no job is executing, and only living nodes are on record', async () => {
      assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`), [])
      // No job may have waited for the last to die.
      await until(async () => {
        const producers = await schema.rows('SELECT node, queue FROM eram_producers ORDER BY node, queue')
        assert.deepEqual(
          producers,
          ['a', 'b'].flatMap((node) => NAMES.toSorted().map((queue) => ({ node, queue }))),
        )
      })
    })
  }))
