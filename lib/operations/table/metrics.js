// Metrics of this process, and those of the cluster by time.

import { handOverCounts } from '../../enqueue/index.js'
import { toJson } from '../../shared/json.js'
import { invalidOption, recordOf } from '../../shared/validate.js'
import { OPTIONS } from '../calls.js'
import { Histogram } from '../histogram.js'
import { threadCounts } from '../thread-counts.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const metrics = [
  {
    name: 'metrics',
    summary: 'Shows what this process has counted since the engine started: attempts, their durations, the work of the engine',
    about: 'Runs no statement. A job thread that asks gets those of its whole process.',
    access: 'read',
    options: {
      histograms: { kind: 'boolean', default: 'true', meaning: 'whether histograms have their buckets, of which quantiles are made' },
    },
    answer: { type: 'EngineMetrics', dates: ['at', 'since'] },
    call: OPTIONS,
    remote: { path: '/engine/metrics', permission: 'view', tool: false },
    async run(host, options) {
      const { histograms = true } = recordOf(options, 'metrics')
      if (typeof histograms !== 'boolean') throw invalidOption('metrics.histograms', 'true or false', histograms)
      handOverCounts()
      const { series, queues, engine, ...of } = await host.call('metrics', { histograms })
      const { fetch, ack, insert, ...counts } = engine
      const { user, system } = process.cpuUsage()
      return {
        ...of,
        series: series.map(withHistograms(['run', 'failed', 'wait'])),
        queues: queues.map(withHistograms(['thread_lag'])),
        engine: {
          ...counts,
          fetch: new Histogram(fetch),
          ack: new Histogram(ack),
          insert: new Histogram(insert),
          rss_bytes: process.memoryUsage.rss(),
          cpu_ms: (user + system) / 1000,
        },
      }
    },
  },
  {
    name: 'history',
    summary: 'Shows counts, durations or waiting jobs of the whole cluster by time',
    about: 'Reads eram_metrics: one or two statements. A point without a row is null, one in which nothing happened is 0.',
    access: 'read',
    options: {
      metric: {
        kind: 'name',
        required: true,
        meaning: 'what is shown: executed, failed or enqueued; run or wait, which are durations; backlog or oldest, of waiting jobs',
      },
      group: { kind: 'name', default: 'none', meaning: 'what has a series each: state, queue, worker or node' },
      agg: {
        kind: 'name',
        default: 'sum, p95 of durations, max of oldest',
        meaning: 'what a point shows: sum, rate (a second), mean, max, p50, p75, p95 or p99',
      },
      window: { kind: 'window', default: '1h', meaning: 'the time up to now, at most 30d' },
      step: { kind: 'integer', default: 'auto', meaning: 'seconds of a point: 10, 60 or 3600' },
      filter: { kind: 'object', meaning: 'of one queue, worker or node', type: 'HistoryFilter' },
      top: { kind: 'integer', default: '9', meaning: 'the number of series; the others are added up' },
    },
    answer: { type: 'History', dates: ['t0'] },
    call: OPTIONS,
    command: 'metrics',
    remote: { path: '/history', permission: 'view' },
    run: (host, options) => host.call('history', toJson(recordOf(options, 'history'), 'history')),
  },
  {
    name: 'prometheus',
    summary: 'Shows what this process has counted, and how many jobs wait in the cluster, as a text for Prometheus',
    about: 'Runs at most one statement in 5 s, which reads one row. A job thread that asks gets the metrics of its whole process.',
    access: 'read',
    options: {
      format: { kind: 'text', default: "`'text'`", meaning: "`'text'`, the text format 0.0.4, or `'openmetrics'`" },
      labels: { kind: 'object', type: 'PrometheusLabels', meaning: 'by what counters and histograms are told apart' },
      cluster: { kind: 'boolean', default: 'true', flag: false, meaning: 'whether to show how many jobs wait in the cluster' },
      engines: { kind: 'names', meaning: 'names of further engines of this process, to have in one text' },
    },
    answer: { type: 'string' },
    call: OPTIONS,
    async run(host, { engines, ...options }) {
      handOverCounts()
      return host.call('prometheus', JSON.stringify(options), JSON.stringify(await threadCounts(host, engines)))
    },
  },
]

/** @param {string[]} names */
function withHistograms(names) {
  return (/** @type {Record<string, any>} */ row) => ({
    ...row,
    ...Object.fromEntries(names.map((name) => [name, new Histogram(row[name])])),
  })
}
