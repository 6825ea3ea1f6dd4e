// A worker in a child process of its own, which can be restarted.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** @import { ChildProcess } from 'node:child_process' */

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url))

/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit */

export class WorkerProcess {
  #args
  #env
  /** @type {ChildProcess | undefined} */
  #child
  #stopping = false
  #restarting = false

  /** Called with an exit that was not asked for. @type {(exit: Exit) => void} */
  onExit = () => {}

  /**
   * @param {string[]} args  of the command line
   * @param {Record<string, string | undefined>} env
   */
  constructor(args, env) {
    this.#args = args
    this.#env = env
  }

  start() {
    const child = fork(CHILD, this.#args, {
      env: /** @type {NodeJS.ProcessEnv} */ (this.#env),
      // A group of its own: Ctrl-C in the terminal is for the parent, which stops it.
      detached: process.platform !== 'win32',
    })
    this.#child = child
    child.once('exit', (code, signal) => {
      if (this.#child !== child) return
      this.#child = undefined
      if (!this.#stopping && !this.#restarting) this.onExit({ code, signal })
    })
  }

  /** Ends the process gracefully, and starts another. A call during a restart is part of it. */
  async restart() {
    if (this.#stopping || this.#restarting) return
    this.#restarting = true
    await this.#end(true)
    this.#restarting = false
    if (!this.#stopping) this.start()
  }

  /** Ends the process gracefully, with a second call at once; resolves to its exit code. */
  async stop() {
    // A restart has already asked it to end.
    const asked = this.#restarting && !this.#stopping
    this.#stopping = true
    return await this.#end(!asked)
  }

  /** @param {boolean} signal @returns {Promise<number>} */
  async #end(signal) {
    const child = this.#child
    if (!child) return 0
    if (signal) child.kill('SIGTERM')
    const [code] = await once(child, 'exit')
    return code ?? 1
  }
}
