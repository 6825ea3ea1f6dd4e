// What an attempt logs, kept for its row in eram_attempts: the newest lines, within limits.

import { beginning } from '../shared/heap.js'

/** @import { LogLevel } from '../events/levels.js' */

const MAX_LINES = 1000
/** Of all lines together, as UTF-16 units of their JSON. */
const MAX_LENGTH = 64 * 1024
/** Of the message of one line; the rest is cut. */
const MAX_MESSAGE = 4 * 1024

export class AttemptLog {
  /** JSON texts of the lines. @type {string[]} */
  #lines = []
  #length = 0
  #dropped = 0

  /**
   * @param {LogLevel} level
   * @param {string} message
   * @param {string} at  ISO 8601
   */
  add(level, message, at) {
    const cut = message.length > MAX_MESSAGE ? `${beginning(message, MAX_MESSAGE)}…` : message
    const line = JSON.stringify({ at, level, message: cut })
    this.#lines.push(line)
    this.#length += line.length
    while (this.#lines.length > MAX_LINES || this.#length > MAX_LENGTH) {
      this.#length -= this.#lines.shift()?.length ?? 0
      this.#dropped += 1
    }
  }

  /** The JSON text of the lines, oldest first; the first says how many were dropped before it. */
  get text() {
    const [first] = this.#lines
    if (this.#dropped === 0 || first === undefined) return `[${this.#lines.join(',')}]`
    const { at } = JSON.parse(first)
    const note = JSON.stringify({ at, level: 'warn', message: `${this.#dropped} earlier lines were dropped` })
    return `[${[note, ...this.#lines].join(',')}]`
  }
}
