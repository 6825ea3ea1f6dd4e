// Jobs: one handler for jobs of many types, which are rows of eram_jobs like any others. Creating and finding goes through the
// application's own pool or client; an engine runs from start() to stop().

import { defineJob, EramEngine, EramError } from 'eramjs'
import { BACKOFF_STRATEGY, JOB_STATUS } from './constants.js'
import { addressOf, asTransaction, checkDatabase, selectJobs } from './database.js'
import { attemptsOfRow, jobOfContext, jobOfEvent, jobOfInsert, jobOfRow, STATES } from './shapes.js'

/** @import { CreateOptions, Job, JobsOptions, ListOptions } from './index.js' */

/** @typedef {(event: any) => unknown} Listener */

/** Milliseconds that stop() gives running jobs: it waits for all of them. */
const STOP_GRACE = 86_400_000
/** The least poll_interval of a queue, in milliseconds. */
const MIN_POLL_INTERVAL = 10
/** Which attempts each listener receives, by how they ended. */
const FILTERS = {
  success: (/** @type {string} */ state) => state === 'success',
  failure: (/** @type {string} */ state) => state === 'discard',
  attempt: (/** @type {string} */ state) => state !== 'released',
}
const EVENTS = /** @type {const} */ (['job:stop', 'job:exception'])

export class Jobs {
  #options
  /** @type {Set<Listener>} */
  #listeners = new Set()
  /** @type {EramEngine | undefined} */
  #engine
  /** The last start or stop; the next one follows it. @type {Promise<void>} */
  #change = Promise.resolve()

  /** @param {JobsOptions} options */
  constructor(options) {
    const { db, jobHandler, pollIntervalMs = 1000, name = 'jobs', prefix = 'public', migrate = true, engine = {} } = options ?? {}
    checkDatabase(db)
    if (jobHandler !== undefined && typeof jobHandler !== 'function') throw invalid('jobHandler', 'a function', jobHandler)
    if (!(Number.isFinite(pollIntervalMs) && pollIntervalMs >= 0)) throw invalid('pollIntervalMs', 'milliseconds', pollIntervalMs)
    if (typeof name !== 'string' || name === '') throw invalid('name', 'a name', name)
    if (!/^[A-Za-z_][\w-]{0,39}$/.test(prefix)) throw invalid('prefix', 'a schema of up to 40 letters, digits, "_" and "-"', prefix)
    this.#options = { db, jobHandler, pollIntervalMs: Math.max(pollIntervalMs, MIN_POLL_INTERVAL), name, prefix, migrate, engine }
  }

  /** @param {number} [processors] */
  start(processors = 2) {
    return this.#next(async () => {
      this.#engine ??= await this.#start(processors)
    })
  }

  stop() {
    return this.#next(async () => {
      await this.#engine?.stop({ grace: STOP_GRACE })
      this.#engine = undefined
    })
  }

  /**
   * @param {string} type
   * @param {Record<string, any>} [payload]
   * @param {CreateOptions} [options]
   * @returns {Promise<Job>}
   */
  async create(type, payload = {}, options = {}) {
    if (typeof type !== 'string' || type === '') throw invalid('create', 'the type of the job', type, 'ERAM_JOB')
    const { max_attempts = 3, backoff_strategy = BACKOFF_STRATEGY.EXP, run_at } = options
    const strategies = Object.values(BACKOFF_STRATEGY)
    if (!strategies.includes(backoff_strategy)) throw invalid('backoff_strategy', strategies.join(' or '), backoff_strategy, 'ERAM_JOB')
    const { db, name, prefix } = this.#options
    const args = { type, payload, backoff_strategy }
    const inserted = await this.#migrated(() =>
      EramEngine.enqueue(name, args, {
        queue: name,
        max_attempts,
        backoff: backoff_strategy,
        scheduled_at: run_at,
        tx: asTransaction(db),
        prefix,
      }),
    )
    return jobOfInsert(inserted, args, max_attempts)
  }

  /** @param {string | string[]} type @param {(job: Job) => unknown} callback */
  onSuccess(type, callback) {
    return this.#on('success', type, callback)
  }

  /** @param {string | string[]} type @param {(job: Job) => unknown} callback */
  onFailure(type, callback) {
    return this.#on('failure', type, callback)
  }

  /** @param {string | string[]} type @param {(job: Job) => unknown} callback */
  onAttempt(type, callback) {
    return this.#on('attempt', type, callback)
  }

  /**
   * @param {string} uid
   * @param {boolean} [withAttempts]
   */
  async find(uid, withAttempts = false) {
    const row = /^\d{1,18}$/.test(String(uid)) ? (await this.#select('j.id = $2::bigint', [String(uid)]))[0] : undefined
    if (row) return { job: jobOfRow(row), attempts: withAttempts ? attemptsOfRow(row) : null }
    throw new EramError('ERAM_NOT_FOUND', `find: expected the uid of a job, got ${JSON.stringify(uid)}`)
  }

  /**
   * @param {Job['status'] | Job['status'][] | null} [status]
   * @param {ListOptions} [options]
   */
  async fetchAll(status = null, { limit, offset } = {}) {
    const chosen = status === null ? Object.values(JOB_STATUS) : [status].flat()
    for (const each of chosen) if (!(each in STATES)) throw invalid('status', Object.keys(STATES).join(', '), each)
    const states = chosen.flatMap((each) => STATES[each])
    const condition = 'j.state::text = ANY ($2) ORDER BY j.id DESC LIMIT $3::bigint OFFSET $4::bigint'
    return (await this.#select(condition, [states, limit ?? null, offset ?? 0])).map(jobOfRow)
  }

  /** @param {number} processors */
  async #start(processors) {
    const { db, name, prefix, jobHandler, pollIntervalMs, engine: own } = this.#options
    if (!jobHandler) throw invalid('jobHandler', 'a function, to start with', jobHandler)
    defineJob(name, { queue: name }, (_, { job }) => jobHandler(jobOfContext(job)))
    const queues = { [name]: { limit: processors, poll_interval: pollIntervalMs } }
    const engine = await this.#migrated(() => EramEngine.start({ ...addressOf(db), ...own, name, prefix, queues }))
    for (const listener of this.#listeners) for (const event of EVENTS) engine.on(event, listener)
    return engine
  }

  /**
   * Begins when the last start or stop has ended.
   * @param {() => Promise<void>} act
   */
  #next(act) {
    const done = this.#change.then(act)
    // A failure is its own caller's to handle.
    this.#change = done.catch(() => {})
    return done
  }

  /**
   * Runs `fn`, again after a migration if the tables are missing.
   * @template T
   * @param {() => Promise<T>} fn
   * @returns {Promise<T>}
   */
  async #migrated(fn) {
    try {
      return await fn()
    } catch (error) {
      const { db, migrate, prefix, engine } = this.#options
      if (!migrate || !(error instanceof EramError) || error.code !== 'ERAM_NOT_MIGRATED') throw error
      await EramEngine.migrate({ ...addressOf(db), url: engine.url, prefix })
      return fn()
    }
  }

  /** @param {string} condition @param {unknown[]} values */
  async #select(condition, values) {
    const { db, prefix, name } = this.#options
    try {
      return await selectJobs(db, prefix, `j.worker = $1 AND ${condition}`, [name, ...values])
    } catch (error) {
      // Without tables there are no jobs.
      if (/** @type {any} */ (error)?.code === '42P01') return []
      throw error
    }
  }

  /**
   * @param {keyof typeof FILTERS} filter
   * @param {string | string[]} type
   * @param {(job: Job) => unknown} callback
   */
  #on(filter, type, callback) {
    if (typeof callback !== 'function') throw invalid('listener', 'a function', callback)
    const types = [type].flat()
    const { name } = this.#options
    /** @type {Listener} */
    const listener = (event) => {
      if (event.job.worker === name && types.includes(event.job.args.type) && FILTERS[filter](event.state))
        return callback(jobOfEvent(event))
    }
    this.#listeners.add(listener)
    for (const event of EVENTS) this.#engine?.on(event, listener)
    return () => {
      this.#listeners.delete(listener)
      for (const event of EVENTS) this.#engine?.off(event, listener)
    }
  }
}

/**
 * @param {string} subject
 * @param {string} expected
 * @param {unknown} got
 * @param {'ERAM_CONFIG' | 'ERAM_JOB'} [code]
 */
function invalid(subject, expected, got, code = 'ERAM_CONFIG') {
  const shown = typeof got === 'string' || typeof got === 'number' ? JSON.stringify(got) : got === null ? 'null' : typeof got
  return new EramError(code, `Jobs: ${subject}: expected ${expected}, got ${shown}`)
}
