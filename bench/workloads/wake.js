// What it costs those who enqueue that somebody sleeps and is to be woken.

import { clear, connect } from '../lib/database.js'
import { Party } from '../lib/party.js'

/** @import { Client } from 'pg' */
/** @import { Workload } from './index.js' */

const ALONE = 'nobody works'
const SILENT = 'one polls, nobody is woken'
const WOKEN = 'one sleeps, and is woken'

/** @type {[string, boolean, object | null][]} whether an enqueue notifies, and the options of the node that works */
const WAYS = [
  [ALONE, true, null],
  [SILENT, false, { notify: false, poll_interval: 1000 }],
  [WOKEN, true, {}],
]

/** @type {Workload} */
export const wake = {
  about: 'transactions that enqueue one job each, many at once, while a queue sleeps that is to be woken',
  options: {
    callers: { value: 50, about: 'transactions in flight together' },
    seconds: { value: 5, about: 'of each measurement' },
  },
  suite: { runs: 3 },
  seconds: 30,
  columns: [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× not woken', digits: 2, over: { key: 'rate', to: SILENT } },
    { key: 'notified', title: 'NOTIFYs', digits: 0 },
    { key: 'p50', title: 'to claim p50 ms', digits: 1 },
    { key: 'p99', title: 'p99 ms', digits: 1 },
    { key: 'node', title: 'enqueuer CPU µs/job', digits: 1 },
  ],
  goals: [{ what: 'at least 0.9 × the same with nobody woken', of: WOKEN, key: 'ratio', least: 0.9 }],

  async run({ place, client, options: { callers, seconds, runs }, record }) {
    for (let run = 1; run <= runs; run++) {
      for (const [name, notify, options] of WAYS) {
        await clear(client)
        const worker = options && (await Party.prepare('worker', { place, options }))
        const working = worker?.run()
        const enqueuers = await Party.prepare('wake', { place, callers, seconds, notify })
        const ears = await listen(place)
        const { cpu, jobs, ms } = await enqueuers.run()
        const notified = await ears.end()
        await enqueuers.ended()
        const { rows } = await client.query(
          `SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM attempted_at - inserted_at)::float8 * 1000) AS ms
           FROM eram_jobs WHERE attempted_at IS NOT NULL`,
        )
        worker?.stop()
        await working
        await worker?.ended()
        record(name, run, {
          rate: (jobs / ms) * 1000,
          notified,
          p50: rows[0].ms?.[0] ?? null,
          p99: rows[0].ms?.[1] ?? null,
          node: cpu / jobs,
        })
      }
    }
  },
}

/**
 * Counts what is notified, and wakes nobody.
 * @param {import('../lib/database.js').Place} place
 */
async function listen(place) {
  /** @type {Client} */
  const client = await connect(place)
  let heard = 0
  client.on('notification', () => {
    heard += 1
  })
  await client.query(`LISTEN "${place.prefix}.eram_insert"`)
  return {
    async end() {
      // What was sent before comes with the answer.
      await client.query('SELECT 1')
      await client.end()
      return heard
    },
  }
}
