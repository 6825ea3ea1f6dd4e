// What every isolate offers to the jobs that it runs: their classes, the driver for jobs in a transaction, and enqueue. The
// isolate itself adds how events leave it and how it stops.

import { openDriver } from '../drivers/index.js'
import { ackIn, enqueue, withTransaction } from '../enqueue/index.js'
import { checkConstructor, known, load } from '../loading/index.js'
import { ErrorReports } from '../shared/error-reports.js'
import { EramError } from '../shared/errors.js'
import { engineNamed, state } from '../shared/global-state.js'
import { Setup } from '../shared/setup.js'
import { waitAtMost } from '../shared/wait.js'
import { startOtel } from '../telemetry/index.js'
import { resolveExecutor } from '../transactions/index.js'

/** @import { OpenedDriver, TransactionOptions } from '../drivers/open.js' */
/** @import { LogLevel } from '../events/levels.js' */
/** @import { LoadedClass } from '../loading/class-loader.js' */
/** @import { About, Emit, OnError } from '../shared/error-reports.js' */
/** @import { CustomDriver } from '../shared/global-state.js' */
/** @import { Create, SetupFile } from '../shared/setup-file.js' */
/** @import { IsolateData } from '../workers/pool.js' */
/** @import { Meter } from './meter.js' */

/** Milliseconds to wait for the driver to close. */
const CLOSE_TIMEOUT = 1000

/**
 * What a runner needs from its isolate.
 * @typedef {object} RunnerDeps
 * @property {string} [engine]  its name, for the middleware of this engine
 * @property {(name: string) => LoadedClass | undefined} known  the class, if it is loaded
 * @property {(name: string) => Promise<LoadedClass>} load  loads the class's file
 * @property {Create | undefined} create  makes the instance of an attempt, in place of the constructor
 * @property {SetupFile['release']} release  called with the instance after the attempt
 * @property {((error: unknown, about: About, emit: Emit) => void) | undefined} [onError]  reports an error; undefined: to no function
 * @property {<T>(run: (tx: unknown, ack: (text: string) => Promise<string>) => Promise<T>, options: TransactionOptions) => Promise<T>} transaction
 *   runs a function in a transaction of the driver; `ack` writes a prepared ack there and resolves to the job's state or 'lost'
 * @property {(detail: string) => string | null | Promise<string | null>} prepareAck  the ack that a job's own transaction is to
 *   write; null when the run was given up
 * @property {(worker: any, args: any, options: any) => Promise<any>} enqueue
 * @property {Emit} emit  an event of this isolate
 * @property {(kind: string, level?: LogLevel) => boolean} isWanted  whether events of this kind, and level, have a listener
 * @property {(text: string) => void} report  a job reports its progress, or its profile is there, as JSON for the engine
 * @property {(thrown: unknown) => void} [threw]  called with what an attempt throws
 * @property {(pid: number) => void} adopted  a job has adopted a process
 * @property {(pid: number) => void} released  an adopted process has ended
 * @property {() => void} flush  outcomes are waiting and should be taken soon
 * @property {() => void} stop  no more jobs will come
 * @property {Limits} limits
 * @property {Meter} [meter]  measures attempts; none: no attempt is measured
 * @property {Float64Array} [progress]  see PROGRESS in workers/worker-thread.js
 */

/** @typedef {{ max_result_bytes: number, max_error_bytes: number, abort_grace: number, store_logs: boolean, measure: boolean }} Limits */

/**
 * @typedef {object} ServiceOptions
 * @property {string} engine  its name
 * @property {(() => Promise<OpenedDriver>) | undefined} open  opens the driver
 * @property {boolean} [enqueues]  the driver has an enqueue of its own
 * @property {Setup} setup  started
 * @property {'main' | 'thread' | 'process'} isolate
 * @property {string | null} queue  null on the main thread
 * @property {OnError} [onError]  of the engine
 */

/**
 * The services of a job thread or job process.
 * @param {IsolateData} data
 * @param {'thread' | 'process'} isolate
 */
export async function startServices(data, isolate) {
  const { name, queue, group, workers, driver, setup: paths, otel } = data
  const setup = await Setup.start(paths, { isolate, queue, group, engine: name, workers })
  if (otel) await startOtel(otel, { engine: name, isolate })
  const place = { engine: name, isolate, queue, setup }
  if (!driver) return new JobServices({ ...place, open: undefined })
  return new JobServices({ ...place, open: () => openDriver(driver, data.concurrency), enqueues: driver.enqueues })
}

export class JobServices {
  #options
  /** @type {Promise<OpenedDriver> | undefined} */
  #driver

  /** @param {ServiceOptions} options */
  constructor(options) {
    this.#options = options
    const { engine, isolate, queue, setup, onError } = options
    this.reports = new ErrorReports([...setup.reporters, ...(onError ? [onError] : [])], { engine, isolate, queue })
    state.services.set(options.engine, /** @type {any} */ (this))
    if (options.enqueues) state.customDrivers.set(options.engine, this.#customDriver)
  }

  /**
   * Loads the class of a worker from its file.
   * @param {string} worker
   */
  async load(worker) {
    const loaded = await load(worker)
    checkConstructor(worker, loaded.Class, this.#options.setup.create)
    return loaded
  }

  /** @returns {Pick<RunnerDeps, 'engine' | 'known' | 'load' | 'create' | 'release' | 'transaction' | 'enqueue' | 'onError'>} */
  get deps() {
    const { engine, setup } = this.#options
    return {
      engine,
      known,
      load: (worker) => this.load(worker),
      create: setup.create,
      release: setup.release,
      onError: this.reports.isEmpty ? undefined : (error, about, emit) => this.reports.report(error, about, emit),
      transaction: (run, options) => this.#transaction(run, options),
      enqueue: (worker, args, options) => enqueue(worker, args, { ...options, engine: options?.engine ?? engine }),
    }
  }

  /** Closes the driver, but does not wait longer than CLOSE_TIMEOUT for jobs that still use it; then stops the setup. */
  async close() {
    const opened = this.#driver
    this.#driver = undefined
    const { engine, setup } = this.#options
    if (state.services.get(engine) === /** @type {any} */ (this)) state.services.delete(engine)
    if (state.customDrivers.get(engine) === this.#customDriver) state.customDrivers.delete(engine)
    const closed = opened?.then((driver) => driver.close()).catch(() => {})
    if (closed) await waitAtMost(closed, CLOSE_TIMEOUT)
    await this.reports.done()
    await setup.stop()
  }

  #customDriver = async () => /** @type {CustomDriver} */ (await this.#open())

  /**
   * @template T
   * @param {(tx: unknown, ack: (text: string) => Promise<string>) => Promise<T>} run
   * @param {TransactionOptions} options
   * @returns {Promise<T>}
   */
  async #transaction(run, options) {
    const { isolation, timeout } = options
    const { engine } = this.#options
    const opened = await this.#open()
    const { prefix } = engineNamed(engine)
    return opened.transaction(async (tx) => {
      const executor = resolveExecutor(tx)
      // Must precede any query.
      if (isolation) await executor.query(`set transaction isolation level ${isolation}`, [])
      // A statement that never ends would hold its locks.
      if (timeout) await executor.query(`select pg_catalog.set_config('statement_timeout', $1, true) as eram`, [`${timeout}`])
      return withTransaction(tx, () => run(tx, (text) => ackIn(executor, prefix, text)), { engine, executor })
    }, options)
  }

  #open() {
    const { open } = this.#options
    if (!open) {
      throw new EramError(
        'ERAM_DRIVER',
        'transaction: true: expected EramEngine.start({ driver: { type, config } }), got no driver that this thread can open',
      )
    }
    if (!this.#driver) {
      const opening = open()
      this.#driver = opening
      // After a failure the next job tries again.
      opening.catch(() => {
        if (this.#driver === opening) this.#driver = undefined
      })
    }
    return this.#driver
  }
}
