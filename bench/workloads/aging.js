// Hours of work in minutes: drain after drain on one table, whose old jobs are pruned meanwhile. What does not grow then will not.

import { drainedBy } from '../lib/crew.js'
import { clear, pause } from '../lib/database.js'
import { text } from '../lib/payload.js'

/** @import { Client } from 'pg' */
/** @import { Goal, Workload } from './index.js' */

const FIRST = 'drain 1'
const SECOND = 'drain 2'
const MIB = 2 ** 20

/** @type {Workload} */
export const aging = {
  about: 'drains one after the other on one table, while jobs that ended a second ago are deleted: what grows, what gets slower',
  options: {
    drains: { value: 10, about: 'how many, each a row' },
    jobs: { value: 100_000, about: 'of each' },
  },
  suite: { runs: 1 },
  seconds: 60,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'table', title: 'table MiB', digits: 1 },
    { key: 'indexes', title: 'indexes MiB', digits: 1 },
    { key: 'dead', title: 'dead rows', digits: 0 },
    { key: 'left', title: 'jobs left', digits: 0 },
  ],
  goals: ({ drains }) => [
    ...[
      { key: 'table', what: 'the table' },
      { key: 'indexes', what: 'the indexes' },
    ].map(({ key, what }) => goal(drains, `${what} at most 1.2 × as large as after the second`, key, { most: against(SECOND, 1.2) })),
    goal(drains, 'at least 0.9 × as fast as the first', 'rate', { least: against(FIRST, 0.9) }),
  ],

  async run({ place, client, options: { drains, jobs, runs }, record }) {
    for (let run = 1; run <= runs; run++) {
      await clear(client)
      for (let n = 1; n <= drains; n++) {
        const options = { prune: { interval: 200, max_age: 1 } }
        const { rate } = await drainedBy({ place, client, options, fill: () => fill(client, jobs) })
        const left = await pruned(place, client)
        record(`drain ${n}`, run, { rate, ...(await sizes(client)), left })
        // As autovacuum does within a minute.
        await client.query('VACUUM ANALYZE eram_jobs')
      }
    }
  },
}

/**
 * @param {number} drains
 * @param {string} what
 * @param {string} key
 * @param {Partial<Goal>} bound
 * @returns {Goal}
 */
const goal = (drains, what, key, bound) => ({ what: `after drain ${drains}: ${what}`, of: `drain ${drains}`, key, ...bound })

/** @param {string} name @param {number} times */
const against = (name, times) => ({ times, among: (/** @type {{ name: string }} */ row) => row.name === name })

/** Beside what is there. @param {Client} client @param {number} jobs */
async function fill(client, jobs) {
  await client.query(
    `INSERT INTO eram_jobs (worker, args) SELECT 'Noop', jsonb_build_object('n', n, 'text', $2::text) FROM generate_series(1, $1::integer) AS n`,
    [jobs, text(100)],
  )
  return jobs
}

/**
 * Waits until nothing old is left, which an engine without queues of its own to drain deletes.
 * @param {import('../lib/database.js').Place} place
 * @param {Client} client
 */
async function pruned(place, client) {
  const { EramEngine } = await import('../../index.js')
  const engine = await EramEngine.start({ ...place, queues: { tidy: 1 }, prune: { interval: 200, max_age: 1 } })
  try {
    for (let left = Infinity; ; ) {
      await pause(500)
      const { rows } = await client.query('SELECT count(*)::int AS left FROM eram_jobs')
      if (rows[0].left === 0 || rows[0].left === left) return rows[0].left
      left = rows[0].left
    }
  } finally {
    await engine.stop()
  }
}

/** @param {Client} client */
async function sizes(client) {
  await client.query('SELECT pg_stat_clear_snapshot()')
  const { rows } = await client.query(
    `SELECT pg_table_size('eram_jobs') / $1::float8 AS table, pg_indexes_size('eram_jobs') / $1::float8 AS indexes,
       pg_stat_get_dead_tuples('eram_jobs'::regclass)::int AS dead`,
    [MIB],
  )
  return rows[0]
}
