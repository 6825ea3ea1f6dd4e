// The processes that the demo starts, and makes sure to end.
import { fork } from 'node:child_process'
import { once } from 'node:events'

/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

const PATIENCE_MS = 10_000

export class Children {
  /** Those whose end would be news. @type {Map<number, { child: ChildProcess, ended: Promise<unknown> }>} */
  #running = new Map()
  #isClosed = false
  /** @type {(error: Error) => void} */
  #report = () => {}
  /** The first that ended though nobody asked it to. @type {Error | undefined} */
  lost
  /** Rejects with `lost`. @type {Promise<never>} */
  trouble = new Promise((_, reject) => {
    this.#report = reject
  })

  /**
   * Runs a program of this folder; resolves when it is up, with its process id and what it told.
   *
   * @param {string} file
   * @returns {Promise<{ pid: number, [fact: string]: any }>}
   */
  async start(file) {
    if (this.#isClosed) throw new Error(`${file}: expected to start before the end`)
    const child = fork(new URL(file, import.meta.url), { execArgv: [] })
    const pid = /** @type {number} */ (child.pid)
    const ended = once(child, 'exit') // rejects if it could not even be started
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

  /** SIGKILL: an end without farewell or clean-up, as in a crash. @param {number} pid */
  async kill(pid) {
    const running = this.#running.get(pid)
    this.#running.delete(pid)
    running?.child.kill('SIGKILL')
    await running?.ended
  }

  /** Asks all to end; kills those that do not, and rejects. */
  async stop() {
    this.#isClosed = true
    const left = [...this.#running.values()]
    this.#running.clear()
    await Promise.all(
      left.map(async ({ child, ended }) => {
        child.kill('SIGTERM')
        const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
        await ended
        clearTimeout(late)
        if (child.signalCode !== 'SIGKILL') return
        throw new Error(`process ${child.pid}: expected its end within ${PATIENCE_MS / 1000} s of SIGTERM, had to kill it`)
      }),
    )
  }
}
