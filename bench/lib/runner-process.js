// The parent's side of a runner process: one competitor in a process of its own, prepared, started, stopped, and asked for its figures.
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** @import { ChildProcess } from 'node:child_process' */
/** @typedef {{ cpu: number, lag: number, [figure: string]: any }} Figures microseconds of CPU, milliseconds of lag */

/** Ctrl-C this many times ends the benchmark at once: some competitors answer a signal by sending it again. */
const INSISTENT = 3

/** @type {Set<ChildProcess>} */
const running = new Set()
let interrupts = 0

export class RunnerProcess {
  #child
  /** @type {(message: any) => void} */
  #onMessage = () => {}
  /** @type {Promise<never>} */
  #failed
  /** What it has reported while it runs. @type {Set<string>} */
  reports = new Set()
  /** @type {(() => void)[]} */
  #waiting = []

  /** @param {string} name of a file in runners/ */
  constructor(name) {
    const file = fileURLToPath(new URL(`../runners/${name}.js`, import.meta.url))
    // What a competitor prints is not part of the table.
    this.#child = fork(file, { stdio: ['ignore', process.stderr, 'inherit', 'ipc'] })
    running.add(this.#child)
    /** @type {Error | undefined} */
    let failure
    this.#child.on('message', (/** @type {any} */ message) => {
      if (message.failed) failure = Object.assign(new Error(message.failed.message), message.failed)
      if (!message.report) return this.#onMessage(message)
      this.reports.add(message.report)
      for (const resolve of this.#waiting.splice(0)) resolve()
    })
    this.#failed = new Promise((_, reject) => {
      this.#child.once('exit', (code, signal) => {
        running.delete(this.#child)
        if (code !== 0) reject(failure ?? new Error(`bench/runners/${name}.js: expected figures, got ${signal ?? `exit code ${code}`}`))
      })
    })
    // Delivered to the next that waits, of which there may be none now.
    this.#failed.catch(() => {})
  }

  /** Starts a runner and has it do everything that comes before the clock. @param {string} name @param {object} options */
  static async prepare(name, options) {
    if (isInterrupted()) throw new Error('bench: interrupted')
    const runner = new RunnerProcess(name)
    await runner.#request({ prepare: options }, 'ready')
    return runner
  }

  /** @returns {Promise<Figures>} */
  run() {
    return this.#request({ go: true }, 'done')
  }

  /** Resolves with its next report. @returns {Promise<void>} */
  nextReport() {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  stop() {
    // One that ends by itself may be gone by now.
    if (this.#child.connected) this.#child.send({ stop: true }, () => {})
  }

  /** Resolves once the process is gone. */
  async exited() {
    if (running.has(this.#child)) await Promise.race([new Promise((resolve) => this.#child.once('exit', resolve)), this.#failed])
  }

  /** @param {object} message @param {'ready' | 'done'} answer @returns {Promise<any>} */
  #request(message, answer) {
    const answered = new Promise((resolve) => {
      this.#onMessage = (message) => answer in message && resolve(message[answer])
    })
    this.#child.send(message)
    return Promise.race([answered, this.#failed])
  }
}

export const isInterrupted = () => interrupts > 0

/** Kills all runners; what waits for them fails. */
export function killRunners() {
  for (const child of running) child.kill('SIGKILL')
}

function interrupt() {
  interrupts += 1
  if (interrupts > INSISTENT) process.exit(130)
  killRunners()
}

/** Has Ctrl-C kill the runners and drop the targets. Called again after a competitor's code ran here: one removes all listeners. */
export function handleSignals() {
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM']))
    if (!process.listeners(signal).includes(interrupt)) process.on(signal, interrupt)
}
