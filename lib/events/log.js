// What jobs and plugins write lines with: it takes what console.log takes.

/** @typedef {'debug' | 'info' | 'warn' | 'error'} LogLevel */

export class Log {
  #write

  /** @param {(level: LogLevel, words: unknown[]) => void} write */
  constructor(write) {
    this.#write = write
  }

  /** @param {unknown[]} words */
  debug(...words) {
    this.#write('debug', words)
  }

  /** @param {unknown[]} words */
  info(...words) {
    this.#write('info', words)
  }

  /** @param {unknown[]} words */
  log(...words) {
    this.#write('info', words)
  }

  /** @param {unknown[]} words */
  warn(...words) {
    this.#write('warn', words)
  }

  /** @param {unknown[]} words */
  error(...words) {
    this.#write('error', words)
  }
}
