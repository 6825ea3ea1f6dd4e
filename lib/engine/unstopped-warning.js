// The warning about an engine that was not stopped when its thread or process ended. It is written at once and not through console,
// which a test runner may have replaced.

import { writeSync } from 'node:fs'
import { placeOf } from '../shared/caller.js'

/** @import { EventLog } from '../events/logger.js' */

export class UnstoppedWarning {
  #message
  #log

  /**
   * @param {string} name  of the engine
   * @param {string | undefined} frame  where it was started, a line of a stack trace
   * @param {EventLog | undefined} log
   */
  constructor(name, frame, log) {
    const { file, position } = placeOf(frame)
    const place = file ? `, started at ${file}:${position}` : ''
    this.#message = `engine ${JSON.stringify(name)}: expected stop() before the end of its thread, got none${place}; call it when the application ends, in tests in an after hook`
    this.#log = log
  }

  /** The line for standard error; null if the application wants no log. */
  get line() {
    return this.#log === undefined ? null : `eramjs: ${this.#message}`
  }

  /** Writes it while the process exits. */
  write() {
    if (this.#log?.isStandard === false) this.#log.receive({ event: 'engine:log', level: 'warn', message: this.#message })
    else if (this.line) writeSync(2, `${this.line}\n`)
  }
}
