// Where jobs are performed, in every environment alike: the classes, the driver for jobs in a transaction, and the way to
// enqueue. The environment itself adds how events leave and how it stops.

import { withTransaction } from './ambient.js'
import { openDriver } from './drivers/index.js'
import { enqueue } from './enqueue.js'
import { EramError } from './errors.js'
import { known, load } from './load.js'

/** @import { Surroundings } from './runner.js' */
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
      transaction: (perform) => this.#transaction(perform),
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

  /** @param {(tx: unknown) => unknown} perform */
  async #transaction(perform) {
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
    return opened.transaction((tx) => withTransaction(tx, () => perform(tx), { engine }))
  }
}
