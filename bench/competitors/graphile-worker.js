// Graphile Worker. Tuned as https://worker.graphile.org/docs/performance ("Quick stats", "Batching") describes, with the numbers of its
// own perfTest raised until that no longer helped; defaults are those of "Library: Quickstart". Its queues serialize jobs, so task
// identifiers stand for the queues of others.
import { drop, inspector } from '../lib/stores.js'
import { chunks, performer, theirs } from './shared.js'

/** @import { Competitor, Work } from './index.js' */
/** @import { Target } from '../lib/stores.js' */

const CHUNK = 10_000
const QUEUE = 'default'

const { Logger, WorkerPreset, makeWorkerUtils, run } = await theirs('graphile-worker')
/** Otherwise it logs every job. */
const logger = new Logger(() => () => {})

/** @type {Competitor} */
export const graphileWorker = {
  name: 'graphile-worker',
  store: 'postgresql',
  package: 'graphile-worker',
  settings: {
    tuned: 'localQueue 1,000, 100 jobs at once, completions in batches; deletes finished jobs',
    defaults: '5 jobs at once, polls every second, as its quickstart; deletes finished jobs',
  },
  cannot: {},
  drainAtMost: { tuned: Number.POSITIVE_INFINITY, defaults: 20_000 },
  async create(target) {
    const utils = await makeWorkerUtils(options(target))
    await utils.migrate()
    await utils.release()
  },
  destroy: drop,
  async fill(target, load) {
    const utils = await makeWorkerUtils(options(target))
    for (const chunk of chunks(load, CHUNK)) await utils.addJobs(chunk.map((payload) => ({ identifier: QUEUE, payload })))
    await utils.release()
  },
  async unfinished(target) {
    // The last job is mostly the last to go, and is found without passing the remains of those before it.
    const client = await inspector(target)
    const { rows } = await client.query('SELECT FROM _private_jobs ORDER BY id DESC LIMIT 1')
    return rows.length
  },
  async work(target, work) {
    const perform = performer(work)
    const task = async (/** @type {any} */ args) => perform(args)
    const taskList = Object.fromEntries((work.queues ?? [QUEUE]).map((queue) => [queue, task]))
    const runner = await run({ ...configuration(target, work), taskList, parsedCronItems: [], noHandleSignals: true, logger })
    return { stop: () => runner.stop() }
  },
  async enqueuer(target) {
    const utils = await makeWorkerUtils({ ...options(target), maxPoolSize: 50 })
    return {
      one: (args) => utils.addJob(QUEUE, args),
      bulk: (all) => utils.addJobs(all.map((args) => ({ identifier: QUEUE, payload: args }))),
      // https://worker.graphile.org/docs/sql-add-job
      within: (client, args) => client.query(`SELECT "${target.prefix}".add_job($1, $2::json)`, [QUEUE, args]),
      close: () => utils.release(),
    }
  },
}

/** @param {Target} target */
const options = ({ url, prefix }) => ({ connectionString: url, schema: prefix, logger })

/** @param {Target} target @param {Work} work */
function configuration(target, { as }) {
  if (as === 'defaults') return { ...options(target), concurrency: 5, pollInterval: 1000 }
  // With completions in batches, few connections suffice.
  const tuned = { concurrentJobs: 100, maxPoolSize: 10, localQueue: { size: 1000 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
  return { preset: { extends: [WorkerPreset], worker: { connectionString: target.url, schema: target.prefix, ...tuned } } }
}
