// What workers of many queues cost that have nothing to do: the queries that they ask all the same, connections, processor, memory.

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
  about: 'workers of many queues that have nothing to do',
  peers: true,
  ways: ['defaults'],
  options: {
    queues: { value: 110, about: 'how many' },
    settle: { value: 12, about: 'seconds after the start that do not count; the server tells up to ten late what was done' },
    seconds: { value: 8, about: 'of each measurement' },
    runs: { value: 1, about: 'of each contender, in turns' },
  },
  suite: { runs: 1 },
  seconds: 170,
  columns: [
    { key: 'queries', title: 'queries/s', digits: 2 },
    { key: 'connections', title: 'connections', digits: 0 },
    { key: 'cpu', title: 'Node CPU % of a core', digits: 2 },
    { key: 'memory', title: 'MB over bare Node', digits: 1 },
  ],
  goals: [
    { what: 'less than one query a second', of: EACH, key: 'queries', most: 1 },
    { what: 'at most 4 connections', of: EACH, key: 'connections', most: 4 },
    { what: 'less than 0.2 % of a core', of: EACH, key: 'cpu', most: 0.2 },
  ],

  async run({ contenders, stores, client, options: { queues, settle, seconds, runs }, attempt }) {
    const bare = await rest('bare', {})
    const names = Array.from({ length: queues }, (_, i) => `queue_${i}`)
    /** @param {string} name @param {Contender} contender @param {Stores} stores */
    const once = (name, contender, stores) =>
      inPlace(contender, stores, async (place) => {
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
      for (const { name, contender } of contenders) {
        // A database of its own, so that nobody else's queries are counted.
        await attempt(rowOf(name, contender), run, () => withOwnDatabase(client, stores, (stores) => once(name, contender, stores)))
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
