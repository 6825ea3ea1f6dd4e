// Runs the demo and cleans up after it, however it ends: normally, by an error, by Ctrl-C, or by the exit of one of its processes.
import { constants } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { Children } from './children.js'
import { log } from './program.js'

/**
 * @typedef {object} Stage
 * @property {Children} children
 * @property {AbortSignal} signal aborted when the demo is over
 * @property {(undo: () => unknown) => void} atEnd registers a clean-up step; the last one runs first
 * @property {(code: number, act: () => Promise<void>) => Promise<void>} stay what is done until Ctrl-C, and the exit code then
 */

/**
 * Runs the demo and exits with the code that it returns.
 *
 * @param {(stage: Stage) => Promise<number>} demo
 */
export async function run(demo) {
  let interruption = 0
  /** @type {Promise<never>} */
  const interrupted = new Promise((_, reject) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
      process.on(signal, () => {
        interruption ||= 128 + constants.signals[signal]
        reject(new Error(signal))
      })
    }
  })

  const children = new Children()
  const ending = new AbortController()
  /** @type {(() => unknown)[]} */
  const undos = []
  /** @type {number | undefined} */
  let staying
  /** @param {number} code @param {() => Promise<void>} act */
  const stay = (code, act) => {
    staying = code
    return act()
  }
  const running = demo({ children, signal: ending.signal, atEnd: (undo) => undos.unshift(undo), stay })
  let code = 1
  try {
    code = await Promise.race([running, children.trouble, interrupted])
  } catch (error) {
    // One failure causes others: Ctrl-C ends a process, which fails a request. The first cause is reported. A child process may
    // receive Ctrl-C, and end, before this one does.
    const lost = children.trouble.catch(() => sleep(250))
    await Promise.race([lost, interrupted.catch(() => sleep(100)), sleep(2000)])
    if (interruption) log(staying === undefined ? 'interrupted' : 'ends')
    else console.error(children.lost ?? error)
  }

  ending.abort()
  await attempt(() => children.stop())
  await running.catch(() => {})
  for (const undo of undos) await attempt(undo)
  process.exit(interruption ? (staying ?? interruption) : code)

  /** Runs a clean-up step; if it fails, the others follow nevertheless. @param {() => unknown} undo */
  async function attempt(undo) {
    try {
      await undo()
    } catch (error) {
      console.error('clean-up:', error)
      code = 1
      if (staying !== undefined) staying = 1
    }
  }
}
