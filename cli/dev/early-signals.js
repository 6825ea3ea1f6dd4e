// Signals that arrive while `dev` starts: the first lets the step end that has begun, a second ends the process.

import { constants } from 'node:os'

/** @type {readonly ('SIGINT' | 'SIGTERM')[]} */
const SIGNALS = ['SIGINT', 'SIGTERM']

export class EarlySignals {
  received = false
  #ended = false

  constructor() {
    for (const name of SIGNALS) process.on(name, this.#onSignal)
  }

  /**
   * From here on, others handle signals. The listeners stay: Node.js would lose a signal that has arrived and was not emitted yet when
   * the last listener is removed.
   */
  end() {
    this.#ended = true
  }

  #onSignal = (/** @type {'SIGINT' | 'SIGTERM'} */ name) => {
    if (this.#ended) return
    if (this.received) process.exit(128 + constants.signals[name])
    this.received = true
  }
}
