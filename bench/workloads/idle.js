// What workers cost that have nothing to do: the queries that they ask all the same, connections, processor and memory.

import { commands } from '../lib/commands.js'
import { pause, withOwnDatabase } from '../lib/database.js'
import { inPlace } from '../lib/drained.js'
import { Party } from '../lib/party.js'
import { rowOf } from '../lib/rows.js'

/** @import { Contender } from '../contenders/index.js' */
/** @import { Stores } from '../lib/database.js' */
/** @import { Workload } from './index.js' */

const EACH = 'eram'
const MEGABYTE = 1_000_000

/** @type {Workload} */
export const idle = {
  about: 'workers of many queues, and of one, that have nothing to do',
  peers: true,
  ways: ['defaults'],
  options: {
    queues: { value: [110, 1], about: 'how many, each a case' },
    settle: { value: 12, about: 'seconds after the start that do not count; the server tells up to ten late what was done' },
    seconds: { value: 8, about: 'of each measurement' },
    runs: { value: 1, about: 'of each contender, in turns' },
  },
  suite: { runs: 1 },
  seconds: 240,
  columns: [
    { key: 'queries', title: 'queries/s', digits: 2 },
    { key: 'connections', title: 'connections', digits: 0 },
    { key: 'cpu', title: 'Node CPU % of a core', digits: 2 },
    { key: 'memory', title: 'MB over bare Node', digits: 1 },
  ],
  goals({ queues }) {
    const [many, few] = [Math.max(...queues), Math.min(...queues)].map(title)
    return [
      { what: `${many}: less than one query a second`, of: EACH, in: many, key: 'queries', most: 1 },
      { what: `${many}: at most 4 connections`, of: EACH, in: many, key: 'connections', most: 4 },
      { what: `${many}: less than 0.2 % of a core`, of: EACH, in: many, key: 'cpu', most: 0.2 },
      { what: `${few}: less than 15 MB over bare Node`, of: EACH, in: few, key: 'memory', most: 15 },
    ]
  },

  async run({ contenders, stores, client, options: { queues, settle, seconds, runs }, attempt }) {
    const bare = await rest('bare', {})
    /** @param {string} name @param {Contender} contender @param {number} count @param {Stores} stores */
    const once = (name, contender, count, stores) =>
      inPlace(contender, stores, async (place) => {
        const names = Array.from({ length: count }, (_, i) => `queue_${i}`)
        const measure = contender.store === 'redis' ? () => commands(stores.redis) : () => transactions(stores)
        const { before, after, ...figures } = await rest('idle', { contender: name, place, queues: names }, measure)
        return {
          queries: before && after && (after.done - before.done) / seconds,
          connections: after?.connections ?? null,
          cpu: figures.cpu,
          memory: (figures.memory - bare.memory) / MEGABYTE,
        }
      })
    for (let run = 1; run <= runs; run++) {
      for (const count of queues) {
        for (const { name, contender } of contenders) {
          // What the first queue takes is asked of EramJS only.
          if (count === 1 && name !== 'eram') continue
          const row = rowOf(name, contender, { in: title(count) })
          // Its own, so that nobody else's queries are counted.
          await attempt(row, run, () => withOwnDatabase(client, stores, (stores) => once(name, contender, count, stores)))
        }
      }
    }

    /**
     * @param {string} name of a party
     * @param {object} options
     * @param {() => Promise<{ done: number, connections: number } | null>} [measure]
     */
    async function rest(name, options, measure = async () => null) {
      const party = await Party.prepare(name, options)
      await pause(settle * 1000)
      const before = await measure()
      const done = party.run()
      await pause(seconds * 1000)
      const after = await measure()
      party.stop()
      const { cpu, memory } = await done
      await party.ended()
      return { before, after, cpu: (cpu / 1e6 / seconds) * 100, memory }
    }

    /** @param {Stores} stores */
    async function transactions({ url }) {
      const { rows } = await client.query(
        `SELECT (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = $1)::float8 AS done,
           (SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' AND application_name <> $2)::int AS connections`,
        [new URL(url).pathname.slice(1), 'eram bench'],
      )
      return rows[0]
    }
  },
}

/** @param {number} queues */
const title = (queues) => (queues === 1 ? 'one queue' : `${queues} queues`)
