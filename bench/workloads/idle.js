// What idle workers of many queues cost: the queries that they send, connections, CPU, memory.
import { rowOf } from '../lib/goals.js'
import { inTarget } from '../lib/measure.js'
import { redisActivity } from '../lib/redis.js'
import { RunnerProcess } from '../lib/runner-process.js'
import { pause, withOwnDatabase } from '../lib/stores.js'

/** @import { Client } from 'pg' */
/** @import { Competitor } from '../competitors/index.js' */
/** @import { Stores } from '../lib/stores.js' */
/** @import { Workload } from './index.js' */

const EACH = 'eram'
const MEGABYTE = 1_000_000

/** @type {Workload} */
export const idle = {
  about: 'workers of many queues that have nothing to do',
  compares: true,
  ways: ['defaults'],
  options: {
    queues: { value: 110, about: 'how many' },
    settle: { value: 12, about: 'seconds after the start that do not count; the server reports up to ten late' },
    seconds: { value: 8, about: 'of each measurement' },
    runs: { value: 1, about: 'of each competitor, in turns' },
  },
  suite: { runs: 1 },
  seconds: 170,
  columns: [
    { key: 'queries', title: 'queries/s', digits: 2 },
    { key: 'connections', title: 'connections', digits: 0 },
    { key: 'cpu', title: 'Node CPU % of a core', digits: 2 },
    { key: 'memory', title: 'MB over bare Node', digits: 1 },
  ],
  goals: () => [
    { what: 'less than one query a second', of: EACH, key: 'queries', most: 1 },
    { what: 'at most 4 connections', of: EACH, key: 'connections', most: 4 },
    { what: 'less than 0.2 % of a core', of: EACH, key: 'cpu', most: 0.2 },
  ],

  async run({ competitors, stores, client, options: { queues, settle, seconds, runs }, attempt }) {
    const bare = await rest({})
    const names = Array.from({ length: queues }, (_, i) => `queue_${i}`)
    /** @param {string} name @param {Competitor} competitor @param {Stores} stores */
    const once = (name, competitor, stores) =>
      inTarget(competitor, stores, async (target) => {
        const measure = competitor.store === 'redis' ? () => redisActivity(stores.redis) : () => activity(client, stores)
        const { before, after, cpu, memory } = await rest({ competitor: name, target, queues: names }, measure)
        return {
          queries: before && after && (after.done - before.done) / seconds,
          connections: after?.connections ?? null,
          cpu,
          memory: (memory - bare.memory) / MEGABYTE,
        }
      })
    for (let run = 1; run <= runs; run++) {
      for (const { name, competitor } of competitors) {
        // A database of its own, so that no other queries are counted.
        await attempt(rowOf(name, competitor), run, () => withOwnDatabase(client, stores, (stores) => once(name, competitor, stores)))
      }
    }

    /** @param {object} options of the runner @param {() => Promise<{ done: number, connections: number } | null>} [measure] */
    async function rest(options, measure = async () => null) {
      const runner = await RunnerProcess.prepare('idle', options)
      await pause(settle * 1000)
      const before = await measure()
      const done = runner.run()
      await pause(seconds * 1000)
      const after = await measure()
      runner.stop()
      const { cpu, memory } = await done
      await runner.exited()
      return { before, after, cpu: (cpu / 1e6 / seconds) * 100, memory }
    }
  },
}

/** @param {Client} client @param {Stores} stores */
async function activity(client, { url }) {
  const { rows } = await client.query(
    `SELECT (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = $1)::float8 AS done,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' AND application_name <> $2)::int AS connections`,
    [new URL(url).pathname.slice(1), 'eram bench'],
  )
  return rows[0]
}
