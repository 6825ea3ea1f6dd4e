// How long a process waits for its engine.

import { clear } from '../lib/database.js'
import { Party } from '../lib/party.js'
import { median } from '../lib/stats.js'

/** @import { Workload } from './index.js' */

/** @type {[string, Record<string, number>][]} */
const ENGINES = [
  ['enqueues only', {}],
  ['one queue', { default: 10 }],
  ['ten queues', Object.fromEntries(Array.from({ length: 10 }, (_, i) => [i === 0 ? 'default' : `queue-${i}`, 10]))],
]

/** @type {Workload} */
export const startup = {
  about: 'start() on a schema that is migrated, in a process of its own: until it resolves, and until a job that waits has begun',
  options: { starts: { value: 7, about: 'in each run, of which the median counts' } },
  suite: { runs: 1 },
  seconds: 15,
  columns: [
    { key: 'started', title: 'started ms', digits: 0 },
    { key: 'first', title: 'first job begun ms', digits: 0 },
  ],
  goals: ENGINES.slice(0, 2).map(([name]) => ({ what: `${name}: started within 300 ms`, of: name, key: 'started', most: 300 })),

  async run({ place, client, options: { starts, runs }, record }) {
    for (let run = 1; run <= runs; run++) {
      for (const [name, queues] of ENGINES) {
        const figures = []
        for (let i = 0; i < starts; i++) {
          await clear(client)
          await client.query(`INSERT INTO eram_jobs (worker, args) VALUES ('Timed', '{"n": 1}')`)
          const party = await Party.prepare('startup', { place, queues })
          figures.push(await party.run())
          await party.ended()
        }
        const first = figures.map((it) => it.first).filter((it) => it !== null)
        record(name, run, { started: median(figures.map((it) => it.started)), first: first.length === 0 ? null : median(first) })
      }
    }
  },
}
