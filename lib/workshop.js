// Where jobs are performed, in every environment alike: the classes, the driver for jobs in a transaction, and the way to
// enqueue. The environment itself adds how events leave and how it stops.

import { withTransaction } from './ambient.js'
import { openDriver, resolveExecutor } from './drivers/index.js'
import { enqueue } from './enqueue.js'
import { EramError } from './errors.js'
import { known, load } from './load.js'
import { port } from './state.js'
import { settleIn } from './transaction.js'

/** @import { Surroundings } from './runner.js' */
/** @import { TransactionOptions } from './transacted.js' */
/** @typedef {Awaited<ReturnType<typeof openDriver>>} Driver */

/**
 * @typedef {object} Home
 * @property {string} engine  its name
 * @property {unknown} driver
 */

export class Workshop {
  #home
  /** @type {Promise<Driver> | undefined} */
  #driver

  /** @param {Home} home */
  constructor(home) {
    this.#home = home
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

  async close() {
    const opened = this.#driver
    this.#driver = undefined
    if (opened)
      await opened.then(
        (driver) => driver.close(),
        () => {},
      )
  }

  /**
   * @template T
   * @param {(tx: unknown, settle: (text: string) => Promise<string>) => Promise<T>} run
   * @param {TransactionOptions} options
   * @returns {Promise<T>}
   */
  async #transaction(run, { isolation, timeout }) {
    const { driver, engine } = this.#home
    if (driver === null || driver === undefined) {
      throw new EramError(
        'ERAM_DRIVER',
        'transaction: true: expected EramEngine.start({ driver: { type, config } }), got no driver that this thread can open',
      )
    }
    this.#driver ??= openDriver(driver)
    // A driver that could not connect may connect for the next job.
    this.#driver.catch(() => {
      this.#driver = undefined
    })
    const opened = await this.#driver
    const { prefix } = port(engine).engine
    return opened.transaction(async (tx) => {
      const executor = resolveExecutor(tx)
      // Before any query, as the server wants it.
      if (isolation) await executor.query(`set transaction isolation level ${isolation}`, [])
      // A statement that waits for ever would hold its locks for ever.
      if (timeout) await executor.query(`select set_config('statement_timeout', $1, true) as eram`, [`${timeout}`])
      return withTransaction(tx, () => run(tx, (text) => settleIn(executor, prefix, text)), { engine, executor })
    })
  }
}
