// Performs one job in this isolate with the runner that every isolate has, and returns its outcome in place of handing it to an
// engine.

import { known, load } from '../loading/index.js'
import { Runner, rowFrom } from '../perform/index.js'
import { jobWithDates } from '../shared/job-row.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { isObject } from '../shared/validate.js'

/** @import { RunnerDeps } from '../perform/runner.js' */
/** @import { Job } from './expected.js' */

/** @typedef {Pick<RunnerDeps, 'transaction' | 'prepareAck' | 'enqueue'> & Partial<Pick<RunnerDeps, 'create' | 'release'>>} Deps */

/**
 * @typedef {object} Attempted
 * @property {string} detail  JSON text of the outcome, as the engine takes it
 * @property {boolean} committed  the job's own transaction has written the outcome
 * @property {unknown} error  what perform threw
 */

const RUN = 1
/** The defaults of the engine. */
const LIMITS = { max_result_bytes: 65_536, max_error_bytes: 8192, abort_grace: 5000, store_logs: false }
const COMPLETED = JSON.stringify({ run: RUN, outcome: 'completed' })

/**
 * @param {Job} job  claimed
 * @param {Deps} deps
 * @returns {Promise<Attempted>}
 */
export async function attempt(job, deps) {
  /** @type {{ error: unknown }} */
  const caught = { error: undefined }
  const { create, release, prepareAck } = deps
  let prepared = ''
  /** @type {(value: Omit<Attempted, 'error'>) => void} */
  let settled = () => {}
  const settling = new Promise((/** @type {(value: Omit<Attempted, 'error'>) => void} */ resolve) => {
    settled = resolve
  })
  const runner = new Runner({
    ...deps,
    known: (name) => watchedClass(known(name), caught, create !== undefined),
    load: async (name) => /** @type {any} */ (watchedClass(await load(name), caught, create !== undefined)),
    release,
    prepareAck: (detail) => {
      prepared = detail
      return prepareAck(detail)
    },
    create: create && (async (Class, ctx) => watched(await create(Class, ctx), caught)),
    emit: () => {},
    isWanted: () => false,
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
  const timer = job.timeout ? setTimeout(() => runner.receive(`[[],[[${RUN},"timeout"]]]`), job.timeout) : undefined
  runner.receive(JSON.stringify([[row], []]))
  const outcome = await settling
  clearTimeout(timer)
  await runner.hooksDone()
  return { ...outcome, error: caught.error }
}

/**
 * @param {ReturnType<RunnerDeps['known']>} loaded
 * @param {{ error: unknown }} caught
 * @param {boolean} isMade  by a function of the application, whose instances are watched
 */
function watchedClass(loaded, caught, isMade) {
  if (loaded === undefined || isMade) return loaded
  const construct = (/** @type {any} */ target, /** @type {any[]} */ args) => watched(Reflect.construct(target, args), caught)
  return { ...loaded, Class: new Proxy(loaded.Class, { construct }) }
}

/**
 * Keeps what perform throws, for this call of it: an instance may be one that the application shares.
 * @param {any} instance
 * @param {{ error: unknown }} caught
 */
function watched(instance, caught) {
  if (!isObject(instance) || !Object.isExtensible(instance)) return instance
  const { perform } = /** @type {any} */ (instance)
  Object.defineProperty(instance, 'perform', {
    configurable: true,
    async value(/** @type {any[]} */ ...args) {
      Reflect.deleteProperty(instance, 'perform')
      try {
        return await perform.apply(instance, args)
      } catch (error) {
        caught.error = error
        throw error
      }
    },
  })
  return instance
}
