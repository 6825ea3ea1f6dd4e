// The parent's side of a contender in a child process: started, told to go and to stop, and asked for its figures.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** @import { ChildProcess } from 'node:child_process' */
/** @typedef {{ cpu: number, lag: number, [figure: string]: any }} Figures microseconds of CPU, milliseconds of lag */

/** @type {Set<ChildProcess>} */
const running = new Set()
let interrupted = false

export class Party {
  #child
  /** @type {(message: any) => void} */
  #hear = () => {}
  /** @type {Promise<never>} */
  #failed
  /** What it has told while it ran. @type {Set<string>} */
  told = new Set()
  /** @type {(() => void)[]} */
  #waiting = []

  /** @param {string} name of a file in parties/ */
  constructor(name) {
    const file = fileURLToPath(new URL(`../parties/${name}.js`, import.meta.url))
    // What a contender prints is not part of the table.
    this.#child = fork(file, { stdio: ['ignore', process.stderr, 'inherit', 'ipc'] })
    running.add(this.#child)
    this.#child.on('message', (/** @type {any} */ message) => {
      if (message.failed) failure = Object.assign(new Error(message.failed.message), message.failed)
      if (!message.tell) return this.#hear(message)
      this.told.add(message.tell)
      for (const resolve of this.#waiting.splice(0)) resolve()
    })
    /** @type {Error | undefined} */
    let failure
    this.#failed = new Promise((_, reject) => {
      this.#child.once('exit', (code, signal) => {
        running.delete(this.#child)
        if (code !== 0) reject(failure ?? new Error(`bench/parties/${name}.js: expected figures, got ${signal ?? `exit code ${code}`}`))
      })
    })
    // Told to whoever waits next; nobody may be waiting now.
    this.#failed.catch(() => {})
  }

  /**
   * Starts a contender and waits until only the clock is missing.
   * @param {string} name
   * @param {object} options
   */
  static async prepare(name, options) {
    if (interrupted) throw new Error('bench: interrupted')
    const party = new Party(name)
    await party.#ask({ prepare: options }, 'ready')
    return party
  }

  /** @returns {Promise<Figures>} */
  run() {
    return this.#ask({ go: true }, 'done')
  }

  /** Until it tells something more. @returns {Promise<void>} */
  hear() {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  stop() {
    // One that ends by itself may be gone by now.
    if (this.#child.connected) this.#child.send({ stop: true }, () => {})
  }

  /** Waits until the process is gone. */
  async ended() {
    if (running.has(this.#child)) await Promise.race([new Promise((resolve) => this.#child.once('exit', resolve)), this.#failed])
  }

  /**
   * @param {object} message
   * @param {'ready' | 'done'} answer
   * @returns {Promise<any>}
   */
  #ask(message, answer) {
    const answered = new Promise((resolve) => {
      this.#hear = (message) => answer in message && resolve(message[answer])
    })
    this.#child.send(message)
    return Promise.race([answered, this.#failed])
  }
}

export const isInterrupted = () => interrupted

/** Ends what runs. Whoever waits for it hears so. */
export function abandon() {
  for (const child of running) child.kill('SIGKILL')
}

/** Ends what runs, and lets nothing more start. Whoever waits for it hears so, and tidies up. */
export function endAll() {
  interrupted = true
  abandon()
}
