// Ticks of cron entries on several nodes: together, frozen, killed, with wrong clocks. Ticks are made due by setting back, in SQL,
// what is settled; cron.slow.test.js waits for a real minute.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { withNodes } from './nodes.js'
import { cannotShift, SHIFTED, setClock } from './shifted-clock.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const QUEUES = { default: 5 }
const YEARLY = '0 0 1 1 *'

/** @param {string} name @param {object} [options] */
const yearly = (name, options) => [YEARLY, 'EffectJob', { quick: true }, { name, ...options }]

/**
 * Makes the last ticks of these entries due: the table says that they have not come yet.
 * @param {Schema} schema
 * @param {string[]} names
 */
const rewind = (schema, ...names) =>
  schema.rows(
    `UPDATE eram_crons SET last_at = NULL, since = date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '1 day'
     WHERE name = ANY ($1)`,
    [names],
  )

/** How many jobs an entry has. @param {Schema} schema @param {string} name */
const count = async (schema, name) => (await schema.row(`SELECT count(*)::int AS n FROM eram_jobs WHERE meta->>'cron_name' = $1`, [name])).n

/**
 * Resolves when the only running node has looked at all entries: it has made the job of another tick.
 * @param {Schema} schema
 * @param {import('./nodes.js').Node} node
 */
async function waitForLook(schema, node) {
  const made = () => node.eventsOf('cron:insert').filter(({ name }) => name === 'probe').length
  const before = made()
  await rewind(schema, 'probe')
  await until(() => assert.equal(made(), before + 1))
}

test('each tick makes one job, on any number of nodes', () =>
  withNodes(async ({ schema, start }) => {
    const names = Array.from({ length: 8 }, (_, i) => `e${i}`)
    const cron = [...names, 'probe'].map((name) => yearly(name, { guaranteed: true }))
    const nodes = await Promise.all(['a', 'b', 'c'].map((name) => start(name, { queues: QUEUES, cron })))
    for (let round = 1; round <= 12; round++) {
      await rewind(schema, ...names)
      await until(async () => {
        for (const name of names) assert.ok((await count(schema, name)) >= round, `${name} in round ${round}`)
      })
    }
    // Slower nodes have looked as well by the time of another tick of all.
    await rewind(schema, 'probe')
    await until(async () => assert.ok((await count(schema, 'probe')) >= 1))
    for (const name of names) assert.equal(await count(schema, name), 12, name)
    const insertions = nodes.flatMap((node) => node.eventsOf('cron:insert')).filter(({ name }) => name !== 'probe')
    assert.equal(insertions.length, 12 * names.length)
  }))

test('a node that was frozen over a tick does not make its job again', () =>
  withNodes(async ({ schema, start }) => {
    const cron = [yearly('e', { guaranteed: true }), yearly('plain'), yearly('probe', { guaranteed: true })]
    const frozen = await start('frozen', { queues: QUEUES, cron })
    await waitForLook(schema, frozen)
    // In the middle of its round, as often as not: it is frozen as soon as the tick is due.
    await rewind(schema, 'e')
    await frozen.freeze()
    const other = await start('other', { queues: QUEUES, cron })
    await until(async () => assert.equal(await count(schema, 'e'), 1))
    await rewind(schema, 'e')
    await until(async () => assert.equal(await count(schema, 'e'), 2))
    await other.kill()
    frozen.thaw()
    await waitForLook(schema, frozen)
    assert.equal(await count(schema, 'e'), 2)
    assert.equal(await count(schema, 'plain'), 0)
  }))

test('ticks that were missed while no node was there are counted, and the last of a guaranteed entry is made up for', () =>
  withNodes(async ({ schema, start }) => {
    const cron = [yearly('sure', { guaranteed: true }), yearly('plain'), ['* * * * *', 'EffectJob', { quick: true }, { name: 'minute' }]]
    const first = await start('first', { queues: QUEUES, cron })
    await first.kill()
    // As though that had been two years ago.
    await schema.rows(
      `UPDATE eram_crons SET last_at = NULL, since = date_trunc('year', now()) - interval '370 days' WHERE name <> 'minute'`,
    )
    await schema.rows(`UPDATE eram_crons SET last_at = NULL, since = now() - interval '2 hours' WHERE name = 'minute'`)
    await start('second', { queues: QUEUES, cron })
    await until(async () => assert.deepEqual(await schema.rows('SELECT name FROM eram_crons WHERE missed = 0'), []))
    await until(async () => assert.equal(await count(schema, 'sure'), 1))
    const [sure] = await schema.rows(`SELECT meta->>'cron_at' AS at FROM eram_jobs WHERE meta->>'cron_name' = 'sure'`)
    const { tick } = await schema.row(`SELECT date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS tick`)
    assert.deepEqual(new Date(sure.at), tick)
    assert.equal(await count(schema, 'plain'), 0)
    const missed = Object.fromEntries(
      (await schema.rows('SELECT name, missed::int FROM eram_crons')).map(({ name, missed: n }) => [name, n]),
    )
    assert.deepEqual([missed.sure, missed.plain], [1, 2])
    // The last minute is not missed but on time; all before it are. Or it was when the next one came.
    const minutes = await until(async () => {
      const made = await count(schema, 'minute')
      assert.ok(made >= 1)
      return made
    })
    assert.ok(minutes <= 2, `${minutes} jobs`)
    assert.ok(missed.minute >= 119 && missed.minute <= 121, `${missed.minute} missed`)
  }))

test('the clock of a node does not matter, whatever it is set to', { skip: cannotShift() }, () =>
  withNodes(async ({ schema, start, enqueue, jobs }) => {
    const cron = [
      yearly('e', { guaranteed: true }),
      yearly('plain'),
      ['* * * * *', 'EffectJob', { quick: true }, { name: 'minute' }],
      yearly('probe', { guaranteed: true }),
    ]
    setClock(0)
    const node = await start('wrong', { queues: QUEUES, cron }, SHIFTED)
    let expected = 0
    for (const shift of [600, -600, 400 * 86_400, -400 * 86_400, 0]) {
      setClock(shift)
      await waitForLook(schema, node)
      assert.equal(await count(schema, 'e'), expected, `nothing comes by a clock that is ${shift} s ahead`)
      // That the clock is wrong indeed: the program's own.
      const now = await node.now()
      assert.ok(Math.abs(now - Date.now() - shift * 1000) < 60_000, `${now} is not ${shift} s ahead`)
      await rewind(schema, 'e')
      expected += 1
      await until(async () => assert.equal(await count(schema, 'e'), expected))
    }
    const ats = await schema.rows(`SELECT DISTINCT meta->>'cron_at' AS at FROM eram_jobs WHERE meta->>'cron_name' = 'e'`)
    const { tick } = await schema.row(`SELECT date_trunc('year', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' AS tick`)
    assert.deepEqual(
      ats.map(({ at }) => new Date(at)),
      [tick],
    )
    assert.equal(await count(schema, 'plain'), 0)
    const early = await schema.rows(
      `SELECT id FROM eram_jobs WHERE meta->>'cron_name' = 'minute' AND (meta->>'cron_at')::timestamptz > inserted_at`,
    )
    assert.deepEqual(early, [])
    const twice = await schema.rows(
      `SELECT meta->>'cron_at' FROM eram_jobs WHERE meta->>'cron_name' = 'minute' GROUP BY 1 HAVING count(*) > 1`,
    )
    assert.deepEqual(twice, [])
    // Nor is a job staged by it.
    setClock(86_400)
    const [id = 0] = await enqueue([{ schedule_in: 3600 }])
    await waitForLook(schema, node)
    assert.equal((await jobs([id]))[0].state, 'scheduled')
  }),
)
