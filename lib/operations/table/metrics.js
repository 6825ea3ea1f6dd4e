// Metrics of this process.

import { handOverCounts } from '../../enqueue/index.js'
import { NOTHING } from '../calls.js'
import { Histogram } from '../histogram.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const metrics = [
  {
    name: 'metrics',
    summary: 'Shows what this process has counted since the engine started: attempts, their durations, the work of the engine',
    about: 'Runs no statement. A job thread that asks gets those of its whole process.',
    access: 'read',
    options: {},
    answer: { type: 'EngineMetrics', dates: ['at', 'since'] },
    call: NOTHING,
    async run(host) {
      handOverCounts()
      const { series, queues, engine, ...of } = await host.call('metrics')
      const { fetch, ack, ...counts } = engine
      const { user, system } = process.cpuUsage()
      return {
        ...of,
        series: series.map(withHistograms(['run', 'failed', 'wait'])),
        queues: queues.map(withHistograms(['thread_lag'])),
        engine: {
          ...counts,
          fetch: new Histogram(fetch),
          ack: new Histogram(ack),
          rss_bytes: process.memoryUsage.rss(),
          cpu_ms: (user + system) / 1000,
        },
      }
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
