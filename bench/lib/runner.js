// One competitor in a process of its own, so that CPU time and event loop are those of one competitor. The parent has a Runner; the
// child calls serve(): it prepares before the clock starts, runs on "go", and tears down after it has sent its figures.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

/** @import { ChildProcess } from 'node:child_process' */
/** @typedef {{ cpu: number, lag: number | null, [figure: string]: any }} Figures microseconds of CPU, milliseconds of lag */
/** @typedef {(stopped: Promise<void>) => Promise<Record<string, unknown> | void>} Run  `stopped` resolves when the parent has seen enough */

/** Of the watch on the event loop, in milliseconds. */
const RESOLUTION = 1
/** Ctrl-C this many times ends the benchmark at once: some competitors answer a signal by sending it again. */
const INSISTENT = 3

/** @type {Set<ChildProcess>} */
const running = new Set()
let interrupts = 0

export class Runner {
  #child
  /** Rejects if it fails. @type {Promise<never>} */
  #failed
  isGone = false
  isCounted = false
  /** Resolves once it has counted the last of its jobs, if it counts them. */
  counted

  /** @param {string} name of a file in runners/ */
  constructor(name) {
    const file = fileURLToPath(new URL(`../runners/${name}.js`, import.meta.url))
    // What a competitor prints is not part of the table.
    const child = fork(file, { stdio: ['ignore', process.stderr, 'inherit', 'ipc'] })
    running.add(child)
    this.#child = child
    this.#failed = new Promise((_, reject) => {
      this.#message('failed').then((failure) => reject(Object.assign(new Error(failure.message), failure)))
      child.once('exit', (code, signal) => {
        running.delete(child)
        this.isGone = true
        if (code !== 0) reject(new Error(`bench/runners/${name}.js: expected figures, got ${signal ?? `exit code ${code}`}`))
      })
    })
    // Delivered to the next that waits, of which there may be none now.
    this.#failed.catch(() => {})
    this.counted = this.#message('counted').then(() => {
      this.isCounted = true
    })
  }

  /** Starts a runner and has it do everything that comes before the clock. @param {string} name @param {object} options */
  static async prepare(name, options) {
    if (isInterrupted()) throw new Error('bench: interrupted')
    const runner = new Runner(name)
    await runner.#request({ prepare: options }, 'ready')
    return runner
  }

  /** @returns {Promise<Figures>} */
  run() {
    return this.#request({ go: true }, 'done')
  }

  /** Stops it, if it does not end by itself; resolves once the process is gone. */
  async stop() {
    if (this.#child.connected) this.#child.send({ stop: true }, () => {})
    if (!this.isGone) await Promise.race([once(this.#child, 'exit'), this.#failed])
  }

  /** @param {object} message @param {string} answer */
  #request(message, answer) {
    const answered = this.#message(answer)
    this.#child.send(message)
    return Promise.race([answered, this.#failed])
  }

  /** Resolves with the first message of that kind. @param {string} kind @returns {Promise<any>} */
  #message(kind) {
    return new Promise((resolve) => {
      this.#child.on('message', (/** @type {any} */ message) => kind in message && resolve(message[kind]))
    })
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
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.off(signal, interrupt).on(signal, interrupt)
}

/**
 * Answers the parent.
 * @param {(options: any, counted: () => void) => Promise<{ run: Run, close: () => Promise<unknown> }>} prepare  `counted` reports that the last job is done
 * @param {{ watch?: boolean }} [options] `watch: false` where watching the event loop would be most of what there is to measure
 */
export function serve(prepare, { watch = true } = {}) {
  const stop = new AbortController()
  const stopped = once(stop.signal, 'abort').then(() => {})
  const send = (/** @type {object} */ message) => process.send?.(message)
  /** @type {Awaited<ReturnType<typeof prepare>>} */
  let task
  process.on('message', async (/** @type {any} */ message) => {
    try {
      if (message.stop) stop.abort()
      if (message.prepare) {
        task = await prepare(message.prepare, () => send({ counted: true }))
        send({ ready: true })
      }
      if (message.go) {
        const loop = watch ? monitorEventLoopDelay({ resolution: RESOLUTION }) : null
        loop?.enable()
        const before = process.cpuUsage()
        const figures = await task.run(stopped)
        const { user, system } = process.cpuUsage(before)
        loop?.disable()
        // It measures from tick to tick, and a loop that is never late ticks at the resolution.
        const lag = loop && Math.max(0, loop.percentile(99) / 1e6 - RESOLUTION)
        send({ done: { cpu: user + system, lag, ...figures } })
        await task.close()
        process.disconnect()
      }
    } catch (error) {
      const { message, stack } = /** @type {Error} */ (error)
      process.send?.({ failed: { message, stack } }, () => process.exit(1))
    }
  })
  // The parent is gone.
  process.once('disconnect', () => process.exit(0))
}
