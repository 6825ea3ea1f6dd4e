// Keeps the jobs that were enqueued in place of inserting them.

import { currentScope, transactionOf } from '../../enqueue/index.js'
import { draftJob } from './draft-job.js'

/** @import { EnqueueTarget } from '../../job/draft.js' */
/** @import { Job } from '../expected.js' */

export class Recorder {
  /** Oldest first, each with the transaction that it was enqueued in, or null. @type {Job[]} */
  jobs = []
  /** By worker: jobs that the next enqueues find in their place. @type {Map<string, Job[]>} */
  #conflicts = new Map()

  /** @param {boolean} strict  options and transactions are checked as the engine checks them */
  constructor(strict) {
    this.strict = strict
  }

  /**
   * Records a draft; resolves to the row that an insert would return.
   * @param {string} text  of the draft
   * @param {EnqueueTarget} target
   */
  async record(text, target) {
    if (this.strict) transactionOf(target)
    const tx = target.tx === undefined ? currentScope()?.tx : target.tx
    /** @type {Job} */
    const job = { ...draftJob(text), tx: tx ?? null }
    const conflict = this.#conflicts.get(job.worker)?.shift()
    if (conflict) return { ...job, ...conflict, conflict: true }
    this.jobs.push(job)
    const { tx: _, ...row } = structuredRow(job)
    return { ...row, conflict: false }
  }

  /** The next enqueue of this worker finds a job in its place. @param {string} worker @param {Record<string, unknown>} job */
  conflict(worker, job) {
    this.#conflicts.set(worker, [...(this.#conflicts.get(worker) ?? []), job])
  }

  /** Rows as the statement `find` gives them. @param {{ after?: number, ids?: number[], workers?: string[], states?: string[], tx?: unknown }} request */
  find({ after = 0, ids, workers, states, tx }) {
    const fits = (/** @type {Job} */ job) =>
      job.id > after &&
      (ids?.includes(job.id) ?? true) &&
      (workers?.includes(job.worker) ?? true) &&
      (states?.includes(job.state) ?? true) &&
      (tx === undefined || job.tx === tx)
    return this.jobs.filter(fits)
  }

  clear() {
    this.jobs = []
    this.#conflicts.clear()
  }
}

/** A copy whose args and meta the caller may change. @param {Job} job @returns {Job} */
function structuredRow(job) {
  return { ...job, args: structuredClone(job.args), meta: structuredClone(job.meta), tags: [...job.tags], errors: [...job.errors] }
}
