// ctx.progress: passes a job's progress on at most once a second, the newest report last.

import { beginning } from '../shared/heap.js'
import { clearTimeout, monotonic, setTimeout } from '../shared/timers.js'
import { invalid } from '../shared/validate.js'
import { RUN } from './columns.js'
import { briefJob } from './row.js'

/** @import { Row } from './row.js' */
/** @import { Runner } from './runner.js' */

/** Milliseconds between reports of one job. */
const INTERVAL = 1000

/** Of a message; the rest is cut. */
const MAX_MESSAGE = 500

/** @typedef {{ value: number, message: string | null }} Report */

export class ProgressReporter {
  #pass
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {Report | undefined} */
  #newest
  #passedAt = Number.NEGATIVE_INFINITY
  #ended = false

  /** @param {(report: Report) => void} pass */
  constructor(pass) {
    this.#pass = pass
  }

  /**
   * @param {unknown} value
   * @param {unknown} message
   */
  report(value, message) {
    if (typeof value !== 'number' || !(value >= 0 && value <= 1)) throw invalid('ERAM_JOB', 'ctx.progress', 'a number from 0 to 1', value)
    if (message !== undefined && message !== null && typeof message !== 'string') {
      throw invalid('ERAM_JOB', 'ctx.progress: message', 'a text', message)
    }
    if (this.#ended) return
    this.#newest = { value, message: message == null ? null : beginning(message, MAX_MESSAGE) }
    if (this.#timer !== undefined) return
    const wait = this.#passedAt + INTERVAL - monotonic()
    if (wait <= 0) this.#flush()
    else this.#timer = setTimeout(() => this.#flush(), wait).unref()
  }

  /** The attempt is over: passes on what has not been passed on, and ignores what is reported later. */
  end() {
    this.#ended = true
    this.#flush()
  }

  #flush() {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#newest === undefined) return
    const report = this.#newest
    this.#newest = undefined
    this.#passedAt = monotonic()
    this.#pass(report)
  }
}

/**
 * Passes a report on to the engine, and to listeners.
 * @param {Runner} runner
 * @param {Row} row
 * @param {Report} report
 */
export function reportProgress(runner, row, { value, message }) {
  runner.report(JSON.stringify({ run: row[RUN], value, message }))
  if (!runner.isWanted('job:progress')) return
  runner.emit({ event: 'job:progress', job: briefJob(row), value, message, at: new Date().toISOString() })
}
