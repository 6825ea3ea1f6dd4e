// Runs a worker in a child process, and restarts it when a source file changes.

import path from 'node:path'
import { FileWatcher } from './files.js'
import { WorkerProcess } from './worker-process.js'

/** @import { Terminal } from '../terminal.js' */

export { WorkerProcess }

/** How long running jobs have when the worker restarts, unless the command line says. */
const GRACE = '2s'

/**
 * Runs this command line without --watch in a child process, until a signal; gives the exit code.
 * @param {Terminal} io
 * @param {{ folder: string, grace: boolean }} options  `grace`: the command line does not say
 * @returns {Promise<number>}
 */
export async function watchWorker(io, { folder, grace }) {
  const args = process.argv.slice(2).filter((each) => each !== '--watch')
  const worker = new WorkerProcess([...args, ...(grace ? ['--grace', GRACE] : [])], io.env)
  worker.start()
  return await untilStopped(worker, io, folder)
}

/**
 * Restarts a worker with each change, until SIGTERM or SIGINT; gives its exit code.
 * @param {WorkerProcess} worker
 * @param {Terminal} io
 * @param {string | null} folder  null: does not watch, and ends with the worker
 * @returns {Promise<number>}
 */
export function untilStopped(worker, io, folder) {
  return new Promise((resolve, reject) => {
    const watcher = folder === null ? null : new FileWatcher(folder, onChange)
    // Nothing else keeps the process alive while no worker runs.
    const alive = setInterval(() => {}, 1 << 30)
    /** @param {number} code */
    function end(code) {
      watcher?.close()
      clearInterval(alive)
      resolve(code)
    }
    /** @param {string} file */
    function onChange(file) {
      io.warn(`eramjs: ${path.relative(process.cwd(), file)} changed, restarting`)
      worker.restart().catch(reject)
    }
    worker.onExit = ({ code, signal }) => {
      if (watcher === null) return end(code ?? 1)
      io.warn(`eramjs: the worker ended with ${signal ?? `exit code ${code}`}; waiting for a change`)
    }
    for (const name of /** @type {const} */ (['SIGTERM', 'SIGINT'])) process.on(name, () => void worker.stop().then(end, reject))
  })
}
