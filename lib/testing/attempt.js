// Performs one job in this isolate with the runner that every isolate has, and returns its outcome in place of handing it to an
// engine.

import { known, load } from '../loading/index.js'
import { Runner, rowFrom } from '../perform/index.js'
import { jobWithDates } from '../shared/job-row.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'

/** @import { AbortCode } from '../perform/context.js' */
/** @import { RunnerDeps } from '../perform/runner.js' */
/** @import { Job } from './expected.js' */

/** @typedef {'known' | 'load' | 'create' | 'release' | 'emit' | 'isWanted'} Optional */
/** @typedef {Pick<RunnerDeps, 'transaction' | 'prepareAck' | 'enqueue'> & Partial<Pick<RunnerDeps, Optional>>} Deps */

/**
 * @typedef {object} Attempted
 * @property {string} detail  JSON text of the outcome, as the engine takes it
 * @property {boolean} committed  the job's own transaction has written the outcome
 * @property {unknown} error  what it threw
 */

const RUN = 1
/** The defaults of the engine. */
const LIMITS = { max_result_bytes: 65_536, max_error_bytes: 8192, abort_grace: 5000, store_logs: false, measure: false }
const COMPLETED = JSON.stringify({ run: RUN, outcome: 'completed' })

/**
 * @param {Job} job  claimed
 * @param {Deps} deps
 * @param {(abort: (code: AbortCode) => void) => void} [begun]  called once the attempt can be aborted
 * @returns {Promise<Attempted>}
 */
export async function attempt(job, deps, begun) {
  /** @type {unknown} */
  let error
  let prepared = ''
  /** @type {(value: Omit<Attempted, 'error'>) => void} */
  let settled = () => {}
  const settling = new Promise((/** @type {(value: Omit<Attempted, 'error'>) => void} */ resolve) => {
    settled = resolve
  })
  const runner = new Runner({
    create: undefined,
    release: undefined,
    emit: () => {},
    isWanted: () => false,
    known,
    load,
    ...deps,
    prepareAck: (detail) => {
      prepared = detail
      return deps.prepareAck(detail)
    },
    threw: (thrown) => {
      error = thrown
    },
    report: () => {},
    adopted: () => {},
    released: () => {},
    stop: () => {},
    limits: LIMITS,
    flush: () => take(),
  })
  const take = () => {
    const { runs, codes, details } = runner.outcomes.take()
    const committed = codes[0] === 1
    if (runs.length > 0) settled({ detail: committed ? prepared : COMPLETED, committed })
    else if (details !== null) settled({ detail: details.slice(1, -1), committed: false })
  }
  const row = rowFrom(/** @type {any} */ (jobWithDates({ ...job, run: RUN })))
  const abort = (/** @type {AbortCode} */ code) => runner.receive(JSON.stringify([[], [[RUN, code]]]))
  const timer = job.timeout ? setTimeout(() => abort('timeout'), job.timeout) : undefined
  runner.receive(JSON.stringify([[row], []]))
  begun?.(abort)
  const outcome = await settling
  clearTimeout(timer)
  await runner.hooksDone()
  return { ...outcome, error }
}
