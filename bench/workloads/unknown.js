// A backlog of a job class that no node has: what it costs a node that has nothing to do, and the jobs of classes that it has.
import { Runner } from '../lib/runner.js'
import { clear, settle } from '../lib/stores.js'

/** @import { Row, Workload } from './index.js' */

const [EMPTY, BEHIND] = ['an empty queue', 'behind unknown jobs']

/** @type {Workload} */
export const unknown = {
  about: 'one node and jobs of a class that it has, behind a backlog of a class that no node has',
  seconds: 150,
  options: {
    runs: { value: 1, about: 'of both' },
    backlog: { value: 1_000_000, about: 'jobs of the unknown class' },
    idle: { value: 20, about: 'seconds of the idle node that are measured' },
    jobs: { value: 40, about: 'of the known class, four a second, by another connection' },
  },
  goals: () => [
    { what: 'known jobs begin as soon as in an empty queue', of: BEHIND, key: 'p50', most: { times: 2, among: isEmpty } },
    { what: 'an idle node costs the server at most 1 % of a core', of: BEHIND, key: 'store', most: 1 },
  ],

  turns({ target, stores, client, options: { backlog, idle, jobs } }) {
    return [0, backlog].map((waiting) => ({
      row: { name: waiting > 0 ? BEHIND : EMPTY },
      async measure() {
        await clear(client)
        await client.query(
          `INSERT INTO eram_jobs (worker, args, scheduled_at)
           SELECT 'NewJob', jsonb_build_object('text', repeat('x', 200)), now() - interval '1 hour' FROM generate_series(1, $1::integer)`,
          [waiting],
        )
        await settle(client)
        const runner = await Runner.prepare('unknown', { target, pid: stores.pids.postgresql, idle, jobs })
        const { store, p50, p99 } = await runner.run()
        await runner.stop()
        return { store, p50, p99 }
      },
    }))
  },
}

/** @param {Row} row */
function isEmpty(row) {
  return row.name === EMPTY
}
