// Starts the processes of the demo, watches them, and stops them.
import { fork } from 'node:child_process'
import { once } from 'node:events'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** Milliseconds between SIGTERM and SIGKILL. */
const STOP_TIMEOUT = 10_000

export class Children {
  /** Processes that are expected to run, by process id. @type {Map<number, { child: ChildProcess, ended: Promise<unknown> }>} */
  #running = new Map()
  #isClosed = false
  /** @type {(error: Error) => void} */
  #report = () => {}
  /** The first process that ended unexpectedly. @type {Error | undefined} */
  lost
  /** Rejects with `lost`. @type {Promise<never>} */
  trouble = new Promise((_, reject) => {
    this.#report = reject
  })

  /**
   * Runs a program of this folder; resolves once it is ready, with its process id and what it reported.
   *
   * @param {string} file
   * @returns {Promise<{ pid: number, [fact: string]: any }>}
   */
  async start(file) {
    if (this.#isClosed) throw new Error(`${file}: expected to start before the demo stops`)
    const child = fork(new URL(file, import.meta.url), { execArgv: [] })
    const pid = /** @type {number} */ (child.pid)
    const ended = once(child, 'exit') // rejects if it could not be started
    this.#running.set(pid, { child, ended })
    const early = ended.then(([code, signal]) => {
      const lost = new Error(`${file} ${pid}: expected it to run, it ended with ${signal ?? `exit code ${code}`}`)
      if (this.#running.delete(pid)) {
        this.lost ??= lost
        this.#report(lost)
      }
      throw lost
    })
    const [facts] = await Promise.race([once(child, 'message'), early])
    return { pid, ...facts }
  }

  /** Ends a process without any clean-up, as in a crash. @param {number} pid */
  async kill(pid) {
    const running = this.#running.get(pid)
    this.#running.delete(pid)
    running?.child.kill('SIGKILL')
    await running?.ended
  }

  /** Stops all processes; rejects if one had to be killed. */
  async stop() {
    this.#isClosed = true
    const running = [...this.#running.values()]
    this.#running.clear()
    await Promise.all(
      running.map(async ({ child, ended }) => {
        child.kill('SIGTERM')
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT)
        await ended
        clearTimeout(late)
        if (child.signalCode !== 'SIGKILL') return
        throw new Error(`process ${child.pid}: expected it to end within ${STOP_TIMEOUT / 1000} s of SIGTERM, it had to be killed`)
      }),
    )
  }
}
