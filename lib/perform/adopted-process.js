// An operating-system process that a job has adopted, ctx.adopt(). Its exit decides the job's outcome. When the run is aborted,
// the process and its descendants are terminated, and killed after the grace period.

import { setErrorName } from '../shared/errors.js'
import { bornOf, endTree, isAlive } from '../shared/process-tree.js'
import { setTimeout } from '../shared/timers.js'
import { invalid } from '../shared/validate.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @typedef {{ pid: number, exit_code: number | null }} ProcessExit */
/** @typedef {{ abort_grace: number, adopted: (pid: number) => void, released: (pid: number) => void }} AdoptingRunner */

/** Milliseconds between two checks of a process that is not a child. */
const POLL_INTERVAL = 500

/** An adopted process exited with an error or was killed. */
class ProcessFailed extends Error {
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
setErrorName(ProcessFailed, 'ProcessFailed')

export class AdoptedProcess {
  #grace
  #killed = false

  /**
   * @param {ChildProcess | number} child
   * @param {AdoptingRunner} runner
   */
  constructor(child, runner) {
    this.#grace = runner.abort_grace
    /** @type {number | undefined} */
    this.pid = typeof child === 'number' ? child : child?.pid
    /** @type {Promise<ProcessExit>} */
    this.ended = typeof child === 'number' ? ofPid(child) : ofChild(child)
    const { pid } = this
    this.running = true
    if (pid !== undefined) runner.adopted(pid)
    // Also marks a failure that nothing awaits as handled.
    const release = () => {
      this.running = false
      if (pid !== undefined) runner.released(pid)
    }
    this.ended.then(release, release)
  }

  /** Terminates the process and its descendants, and kills those that remain after the grace period. */
  kill() {
    if (this.#killed || this.pid === undefined) return
    this.#killed = true
    endTree(this.pid, this.#grace)
  }
}

/**
 * @param {ChildProcess} child
 * @returns {Promise<ProcessExit>}
 */
function ofChild(child) {
  if (typeof child?.once !== 'function' || !('exitCode' in child)) {
    throw invalid('ERAM_JOB', 'ctx.adopt', 'a ChildProcess or a process id', child)
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
      // Also emitted when a signal could not be sent; then the process exists.
      if (child.pid === undefined) reject(error)
    })
  })
}

/**
 * Waits for a process that is not a child. Its exit code is not available, so its end completes the job.
 * @param {number} pid
 * @returns {Promise<ProcessExit>}
 */
async function ofPid(pid) {
  if (!Number.isInteger(pid) || pid < 1) {
    throw invalid('ERAM_JOB', 'ctx.adopt', 'a ChildProcess or a process id', pid)
  }
  const born = await bornOf(pid)
  while (isAlive(pid) && (await bornOf(pid)) === born) await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL))
  return { pid, exit_code: null }
}
