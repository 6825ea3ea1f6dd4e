// Graphile Worker. Tuned as its page on performance says (https://worker.graphile.org/docs/performance, "Quick stats" and
// "Batching"), with the numbers of its own perfTest raised until they were no longer worth it; defaults are those of "Library:
// Quickstart" (https://worker.graphile.org/docs/library). Its queues are for jobs that must run one after the other, so what
// others have queues for are task identifiers here.

import { setImmediate as immediate } from 'node:timers/promises'
import { drop, look } from '../lib/database.js'
import { payload } from '../lib/payload.js'
import { performer } from '../lib/perform.js'
import { settle } from '../lib/settle.js'
import { peer } from '../peers/index.js'

/** @import { Contender, Work } from './index.js' */
/** @import { Place } from '../lib/database.js' */

const CHUNK = 10_000

const { Logger, WorkerPreset, makeWorkerUtils, run } = await peer('graphile-worker')

/** It would tell of every job. */
const logger = new Logger(() => () => {})

/** @type {Contender} */
export const contender = {
  name: 'graphile-worker',
  store: 'postgresql',
  package: 'graphile-worker',
  settings: {
    tuned: 'localQueue 1,000, 100 jobs at once, completions in batches; deletes jobs that are done',
    defaults: '5 jobs at once, polls each second, as its quickstart; deletes jobs that are done',
  },
  cannot: {},
  drainAtMost: { tuned: Number.POSITIVE_INFINITY, defaults: 20_000 },
  async create(place) {
    const utils = await makeWorkerUtils(options(place))
    await utils.migrate()
    await utils.release()
  },
  destroy: drop,
  async fill(place, { jobs, bytes, queue = 'default' }) {
    const utils = await makeWorkerUtils(options(place))
    for (let n = 0; n < jobs; n += CHUNK) {
      const chunk = Array.from({ length: Math.min(CHUNK, jobs - n) }, (_, i) => ({ identifier: queue, payload: payload(n + i + 1, bytes) }))
      await utils.addJobs(chunk)
    }
    await utils.release()
    await settle(place)
  },
  async unfinished(place) {
    // The last one is the last to go, mostly, and is found without passing the remains of those before it.
    const client = await look(place)
    const { rows } = await client.query('SELECT FROM _private_jobs ORDER BY id DESC LIMIT 1')
    return rows.length
  },
  async work(place, work) {
    const { queues = ['default'] } = work
    const perform = performer(work)
    const task = async (/** @type {any} */ args) => {
      perform(args)
      // Between two that keep the thread busy, it looks after all else.
      if (work.kind === 'cpu') await immediate()
    }
    const taskList = Object.fromEntries(queues.map((queue) => [queue, task]))
    const runner = await run({ ...configuration(place, work), taskList, parsedCronItems: [], noHandleSignals: true, logger })
    return { stop: () => runner.stop() }
  },
  async enqueuer(place, { queue = 'default' }) {
    const utils = await makeWorkerUtils({ ...options(place), maxPoolSize: 50 })
    return {
      one: (args) => utils.addJob(queue, args),
      bulk: (all) => utils.addJobs(all.map((args) => ({ identifier: queue, payload: args }))),
      // "Adding jobs through SQL": https://worker.graphile.org/docs/sql-add-job
      within: (client, args) => client.query(`SELECT "${place.prefix}".add_job($1, $2::json)`, [queue, args]),
      close: () => utils.release(),
    }
  },
}

/** @param {Place} place */
const options = ({ url, prefix }) => ({ connectionString: url, schema: prefix, logger })

/**
 * @param {Place} place
 * @param {Work} work
 */
function configuration(place, { as, limit }) {
  if (as === 'defaults') return { ...options(place), concurrency: limit ?? 5, pollInterval: 1000 }
  const concurrentJobs = limit ?? 100
  const worker = {
    connectionString: place.url,
    schema: place.prefix,
    concurrentJobs,
    // With the completions in batches, few connections do.
    maxPoolSize: 10,
    localQueue: { size: 1000 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
  }
  return { preset: { extends: [WorkerPreset], worker } }
}
