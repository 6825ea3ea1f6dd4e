// What idle workers of many queues cost: the queries that they send, connections, CPU, memory.
import { setTimeout as pause } from 'node:timers/promises'
import { rowOf } from '../lib/goals.js'
import { inTarget } from '../lib/measure.js'
import { redisActivity } from '../lib/redis.js'
import { Runner } from '../lib/runner.js'
import { withOwnDatabase } from '../lib/stores.js'

/** @import { Client } from 'pg' */
/** @import { Entry, Workload } from './index.js' */
/** @import { Stores, Target } from '../lib/stores.js' */

const EACH = 'eram'

/** @type {Workload} */
export const idle = {
  about: 'workers of many queues that have nothing to do',
  seconds: 170,
  compares: true,
  options: {
    runs: { value: 1, about: 'of each competitor, in turns' },
    queues: { value: 110, about: 'how many' },
    settle: { value: 12, about: 'seconds after the start that do not count; the server reports up to ten late' },
    seconds: { value: 8, about: 'of each measurement' },
  },
  goals: () => [
    { what: 'less than one query a second', of: EACH, key: 'queries', most: 1 },
    { what: 'at most 4 connections', of: EACH, key: 'connections', most: 4 },
    { what: 'less than 0.2 % of a core', of: EACH, key: 'core', most: 0.2 },
  ],

  turns({ competitors, stores, client, options: { queues, settle, seconds } }) {
    const names = Array.from({ length: queues }, (_, i) => `queue_${i}`)
    return competitors.map((entry) => ({
      row: rowOf(entry),
      // A database of its own, so that no other queries are counted.
      measure: () => withOwnDatabase(client, stores, (own) => inTarget(entry.competitor, own, (target) => measure(entry, own, target))),
    }))

    /** @param {Entry} entry @param {Stores} own @param {Target} target */
    async function measure({ name, competitor }, own, target) {
      const look = () => (competitor.store === 'redis' ? redisActivity(own.redis) : activity(client, own))
      const runner = await Runner.prepare('idle', { competitor: name, target, queues: names })
      await pause(settle * 1000)
      const before = await look()
      const done = runner.run()
      await pause(seconds * 1000)
      const { queries, connections } = await look()
      await runner.stop()
      const { cpu, memory } = await done
      return { queries: (queries - before.queries) / seconds, connections, core: (cpu / 1e6 / seconds) * 100, memory }
    }
  },
}

/** @param {Client} client @param {Stores} stores */
async function activity(client, { url }) {
  const { rows } = await client.query(
    `SELECT (SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = $1)::float8 AS queries,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' AND application_name <> $2)::int AS connections`,
    [new URL(url).pathname.slice(1), 'eram bench'],
  )
  return rows[0]
}
