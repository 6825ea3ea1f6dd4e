// A process of the operating system that stands for a job: ctx.adopt(). Its exit decides the job's outcome; when the run is
// aborted, the process and its descendants are asked to end, and after the grace made to.

import { EramError, shown } from '../shared/errors.js'
import { bornOf, endTree, isAlive } from '../shared/process-tree.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @typedef {{ pid: number, exit_code: number | null }} Ended */
/** @typedef {{ abort_grace: number, holds: (pid: number) => void, drops: (pid: number) => void }} Keeper */

const POLL = 500

/** An adopted process ended, and not well. */
export class ProcessFailed extends Error {
  /**
   * @param {number | undefined} pid
   * @param {number | null} exitCode
   * @param {string | null} signal
   */
  constructor(pid, exitCode, signal) {
    super(signal ? `process ${pid}: expected exit code 0, was ended by ${signal}` : `process ${pid}: expected exit code 0, got ${exitCode}`)
    this.code = signal ?? exitCode
    this.exit_code = exitCode
    this.signal = signal
  }
}
Object.defineProperty(ProcessFailed.prototype, 'name', { value: 'ProcessFailed', writable: true, configurable: true })

export class Adopted {
  #grace
  #killed = false

  /**
   * @param {ChildProcess | number} child
   * @param {Keeper} keeper
   */
  constructor(child, keeper) {
    this.#grace = keeper.abort_grace
    /** @type {number | undefined} */
    this.pid = typeof child === 'number' ? child : child?.pid
    /** @type {Promise<Ended>} */
    this.ended = typeof child === 'number' ? ofPid(child) : ofChild(child)
    const { pid } = this
    this.running = true
    if (pid !== undefined) keeper.holds(pid)
    // Whoever awaits `ended` sees how it went; this branch only tidies, and keeps an unawaited failure from being unhandled.
    const drop = () => {
      this.running = false
      if (pid !== undefined) keeper.drops(pid)
    }
    this.ended.then(drop, drop)
  }

  /** Asks the process and its descendants to end, and ends what is left after the grace. */
  kill() {
    if (this.#killed || this.pid === undefined) return
    this.#killed = true
    endTree(this.pid, this.#grace)
  }
}

/**
 * @param {ChildProcess} child
 * @returns {Promise<Ended>}
 */
function ofChild(child) {
  if (typeof child?.once !== 'function' || !('exitCode' in child)) {
    throw new EramError('ERAM_JOB', `ctx.adopt: expected a ChildProcess or a process id, got ${shown(child)}`)
  }
  return new Promise((resolve, reject) => {
    /** @param {number | null} exitCode @param {NodeJS.Signals | null} signal */
    const ended = (exitCode, signal) => {
      if (exitCode === 0) resolve({ pid: /** @type {number} */ (child.pid), exit_code: 0 })
      else reject(new ProcessFailed(child.pid, exitCode, signal))
    }
    if (child.exitCode !== null || child.signalCode !== null) return ended(child.exitCode, child.signalCode)
    child.once('exit', ended)
    child.once('error', (error) => {
      // Also emitted when a signal could not be sent; then the process is still there.
      if (child.pid === undefined) reject(error)
    })
  })
}

/**
 * A process that is not our child does not tell how it ended: that it ended completes the job.
 * @param {number} pid
 * @returns {Promise<Ended>}
 */
async function ofPid(pid) {
  if (!Number.isInteger(pid) || pid < 1) {
    throw new EramError('ERAM_JOB', `ctx.adopt: expected a ChildProcess or a process id, got ${shown(pid)}`)
  }
  const born = await bornOf(pid)
  while (isAlive(pid) && (await bornOf(pid)) === born) await new Promise((resolve) => setTimeout(resolve, POLL))
  return { pid, exit_code: null }
}
