// What a chart of a busy cluster costs: engine.history() over an hour of rows of ten seconds.
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { fillMetrics } from '../lib/metrics.js'
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
          await fillMetrics((text, values) => client.query(text, values), nodes, series)
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
