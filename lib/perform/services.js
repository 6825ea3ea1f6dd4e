// What every isolate offers to the jobs that it runs: their classes, the driver for jobs in a transaction, and enqueue. The
// isolate itself adds how events leave it and how it stops.

import { openDriver } from '../drivers/index.js'
import { ackIn, enqueue, withTransaction } from '../enqueue/index.js'
import { checkConstructor, known, load } from '../loading/index.js'
import { EramError } from '../shared/errors.js'
import { engineNamed, state } from '../shared/global-state.js'
import { Setup } from '../shared/setup.js'
import { waitAtMost } from '../shared/wait.js'
import { resolveExecutor } from '../transactions/index.js'

/** @import { OpenedDriver, TransactionOptions } from '../drivers/open.js' */
/** @import { CustomDriver } from '../shared/global-state.js' */
/** @import { IsolateData } from '../workers/pool.js' */
/** @import { RunnerDeps } from './runner.js' */

/** Milliseconds to wait for the driver to close. */
const CLOSE_TIMEOUT = 1000

/**
 * @typedef {object} ServiceOptions
 * @property {string} engine  its name
 * @property {(() => Promise<OpenedDriver>) | undefined} open  opens the driver
 * @property {boolean} [enqueues]  the driver has an enqueue of its own
 * @property {Setup} setup  started
 */

/**
 * The services of a job thread or job process.
 * @param {IsolateData} data
 * @param {'thread' | 'process'} isolate
 */
export async function startServices({ name, queue, workers, driver, setup: paths, concurrency }, isolate) {
  const setup = await Setup.start(paths, { isolate, queue, engine: name, workers })
  if (!driver) return new JobServices({ engine: name, open: undefined, setup })
  return new JobServices({ engine: name, open: () => openDriver(driver, concurrency), enqueues: driver.enqueues, setup })
}

export class JobServices {
  #options
  /** @type {Promise<OpenedDriver> | undefined} */
  #driver

  /** @param {ServiceOptions} options */
  constructor(options) {
    this.#options = options
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

  /** @returns {Pick<RunnerDeps, 'known' | 'load' | 'create' | 'release' | 'transaction' | 'enqueue'>} */
  get deps() {
    const { engine, setup } = this.#options
    return {
      known,
      load: (worker) => this.load(worker),
      create: setup.create,
      release: setup.release,
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
      if (timeout) await executor.query(`select set_config('statement_timeout', $1, true) as eram`, [`${timeout}`])
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
