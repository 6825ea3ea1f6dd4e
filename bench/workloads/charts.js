// What a chart of a busy cluster costs: engine.history() over an hour of rows of ten seconds.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { quantile } from '../lib/stats.js'

/** @import { Client } from 'pg' */
/** @import { HistoryQuery } from '../../index.js' */
/** @import { Workload } from './index.js' */
/** @import { Target } from '../lib/stores.js' */

/** Time for the leader to make the rows of minutes, in milliseconds, and between two looks. */
const ROLL_UP = { most: 120_000, interval: 200 }

/** By row. @type {Record<string, HistoryQuery>} */
const QUERIES = {
  'attempts by queue': { metric: 'executed', group: 'queue' },
  'p95 by class': { metric: 'run', group: 'worker', agg: 'p95' },
  'waiting jobs': { metric: 'backlog', group: 'queue' },
}

/** @type {Workload} */
export const charts = {
  about: 'engine.history() of an hour, ten seconds a point',
  seconds: 30,
  options: {
    runs: { value: 3, about: 'of each chart' },
    nodes: { value: 6, about: 'that write rows' },
    series: { value: 120, about: 'pairs of queue and class in each row, with some 30 jobs each' },
    calls: { value: 20, about: 'of each chart' },
  },
  goals: () => Object.keys(QUERIES).map((of) => ({ what: `${of}: p95 of at most 120 ms`, of, key: 'p95', most: 120 })),

  turns({ target, client, run, options: { nodes, series, calls } }) {
    return Object.entries(QUERIES).map(([name, query], n) => ({
      row: { name },
      async measure() {
        if (run === 1 && n === 0) {
          await fill(client, nodes, series)
          await rollUp(client, target)
        }
        const engine = await EramEngine.start({ ...target, metrics: false, logger: false })
        try {
          const times = []
          for (let call = 0; call < calls; call++) {
            const begun = performance.now()
            await engine.history({ ...query, window: '1h' })
            times.push(performance.now() - begun)
          }
          return { p50: quantile(times, 0.5), p95: quantile(times, 0.95), p99: quantile(times, 0.99) }
        } finally {
          await engine.stop()
        }
      },
    }))
  },
}

/**
 * Rows of the last hour and a half, whose histograms have 30 values in 20 buckets, in other ones on each node.
 * @param {Client} client @param {number} nodes @param {number} series
 */
async function fill(client, nodes, series) {
  await client.query(
    `WITH histogram AS MATERIALIZED (
       SELECT s, node, 'u zzzz zzz 7i b ' || string_agg((1 + (b * 7 + s + node) % 3) || ' 1', ' ') AS text
       FROM generate_series(1, $1::integer) AS node, generate_series(1, $2::integer) AS s, generate_series(1, 19) AS b GROUP BY s, node
     ), data AS MATERIALIZED (
       SELECT node, jsonb_build_object('v', 1, 's', jsonb_agg(jsonb_build_array(
         'queue-' || s % 10, 'Job' || s, ARRAY[28, 1, 1, 0, 0, 0, 0, 0, 30], text, '', text))) AS data
       FROM histogram GROUP BY node
     )
     INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
     SELECT 10, to_timestamp(floor(extract(epoch FROM now()) / 10) * 10 - n * 10), 'default', 'node-' || node, gen_random_uuid(), data
     FROM data, generate_series(0, 540) AS n`,
    [nodes, series],
  )
  const sample = JSON.stringify(
    Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`queue-${n}`, [n, 0, 0, n, 100 * n, 0, 10, false, nodes]])),
  )
  await client.query(
    `INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
     SELECT 10, to_timestamp(floor(extract(epoch FROM now()) / 10) * 10 - n * 10), 'default', '*', '00000000-0000-0000-0000-000000000000',
       jsonb_build_object('v', 1, 'q', $1::jsonb, 'nodes', $2::integer)
     FROM generate_series(0, 540) AS n`,
    [sample, nodes],
  )
}

/** What a leader makes of these rows. @param {Client} client @param {Target} target */
async function rollUp(client, target) {
  const leader = await EramEngine.start({ ...target, queues: { default: 1 }, logger: false })
  try {
    const until = performance.now() + ROLL_UP.most
    const made = async () => (await client.query('SELECT count(*)::int AS minutes FROM eram_metrics WHERE step = 60')).rows[0].minutes
    while ((await made()) < 88) {
      if (performance.now() > until) throw new Error('charts: the leader has not made the rows of minutes')
      await pause(ROLL_UP.interval)
    }
  } finally {
    await leader.stop()
  }
  await client.query('VACUUM ANALYZE eram_metrics')
}
