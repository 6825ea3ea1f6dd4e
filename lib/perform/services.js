// Where jobs are performed, in every environment alike: the classes, the driver for jobs in a transaction, and the way to
// enqueue. The environment itself adds how events leave and how it stops.

import { setTimeout } from 'node:timers/promises'
import { openDriver, resolveExecutor } from '../drivers/index.js'
import { enqueue } from '../enqueue/enqueue.js'
import { settleIn } from '../enqueue/in-transaction.js'
import { withTransaction } from '../enqueue/transaction-scope.js'
import { known, load } from '../job/class-loader.js'
import { EramError } from '../shared/errors.js'
import { port, state } from '../shared/global-state.js'

/** @import { Opened } from '../drivers/open.js' */
/** @import { Surroundings } from './runner.js' */
/** @import { OwnDriver } from '../shared/global-state.js' */
/** @import { ThreadData } from '../workers/pool.js' */
/** @import { TransactionOptions } from './transactional.js' */

const PATIENCE = 1000

/**
 * @typedef {object} Home
 * @property {string} engine  its name
 * @property {(() => Promise<Opened>) | undefined} open  the driver
 * @property {boolean} [enqueues]  the driver has an enqueue of its own
 */

/**
 * @param {ThreadData} data
 * @returns {Home}
 */
export function homeOf({ name, driver, concurrency }) {
  if (!driver) return { engine: name, open: undefined }
  return { engine: name, open: () => openDriver(driver, concurrency), enqueues: driver.enqueues }
}

export class Workshop {
  #home
  /** @type {Promise<Opened> | undefined} */
  #driver

  /** @param {Home} home */
  constructor(home) {
    this.#home = home
    if (home.enqueues) state.enqueuers.set(home.engine, this.#own)
  }

  /** @returns {Pick<Surroundings, 'known' | 'load' | 'transaction' | 'enqueue'>} */
  get tools() {
    const { engine } = this.#home
    return {
      known,
      load,
      transaction: (run, options) => this.#transaction(run, options),
      enqueue: (worker, args, options) => enqueue(worker, args, { engine, ...options }),
    }
  }

  /** Closes the driver, unless a job that never ends keeps it from that. */
  async close() {
    const opened = this.#driver
    this.#driver = undefined
    if (state.enqueuers.get(this.#home.engine) === this.#own) state.enqueuers.delete(this.#home.engine)
    const closed = opened?.then((driver) => driver.close()).catch(() => {})
    await Promise.race([closed, setTimeout(PATIENCE, undefined, { ref: false })])
  }

  #own = async () => /** @type {OwnDriver} */ (await this.#open())

  /**
   * @template T
   * @param {(tx: unknown, settle: (text: string) => Promise<string>) => Promise<T>} run
   * @param {TransactionOptions} options
   * @returns {Promise<T>}
   */
  async #transaction(run, options) {
    const { isolation, timeout } = options
    const { engine } = this.#home
    const opened = await this.#open()
    const { prefix } = port(engine).engine
    return opened.transaction(async (tx) => {
      const executor = resolveExecutor(tx)
      // Before any query, as the server wants it.
      if (isolation) await executor.query(`set transaction isolation level ${isolation}`, [])
      // A statement that waits for ever would hold its locks for ever.
      if (timeout) await executor.query(`select set_config('statement_timeout', $1, true) as eram`, [`${timeout}`])
      return withTransaction(tx, () => run(tx, (text) => settleIn(executor, prefix, text)), { engine, executor })
    }, options)
  }

  #open() {
    const { open } = this.#home
    if (!open) {
      throw new EramError(
        'ERAM_DRIVER',
        'transaction: true: expected EramEngine.start({ driver: { type, config } }), got no driver that this thread can open',
      )
    }
    if (!this.#driver) {
      const opening = open()
      this.#driver = opening
      // A driver that could not connect may connect for the next job.
      opening.catch(() => {
        if (this.#driver === opening) this.#driver = undefined
      })
    }
    return this.#driver
  }
}
