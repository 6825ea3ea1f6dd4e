// The child's side of a party: one contender in a process of its own, so that its CPU time and its event loop are its own.
// What it does is prepared before the clock starts, run on "go", and torn down after the figures were sent.

import { ownCpu } from './cpu.js'
import { watchLag } from './lag.js'

/**
 * @typedef {object} Task
 * @property {(stopped: Promise<void>) => Promise<Record<string, unknown> | void>} run  `stopped` resolves when the parent has seen enough
 * @property {() => Promise<void>} close
 */

/**
 * @param {(options: any, tellParent: (what: string) => void) => Promise<Task>} prepare
 * @param {{ watch?: boolean }} [options] `watch: false` where the watch on the event loop would be most of what there is to measure
 */
export function serve(prepare, { watch = true } = {}) {
  /** @type {() => void} */
  let stop = () => {}
  /** @type {Promise<void>} */
  const stopped = new Promise((resolve) => {
    stop = resolve
  })
  /** @type {Task} */
  let task
  /** @param {any} message */
  async function hear(message) {
    if (message.stop) stop()
    if (message.prepare) {
      task = await prepare(message.prepare, (what) => tell({ tell: what }))
      tell({ ready: true })
    }
    if (message.go) {
      const lag = watch ? watchLag() : () => null
      const cpu = ownCpu()
      const figures = await task.run(stopped)
      tell({ done: { cpu: ownCpu() - cpu, lag: lag(), ...figures } })
      await task.close()
      process.disconnect()
    }
  }
  process.on('message', (message) => {
    hear(message).catch(({ message, stack }) => process.send?.({ failed: { message, stack } }, () => process.exit(1)))
  })
  // A parent that has died wants no figures.
  process.once('disconnect', () => process.exit(0))
}

/** @param {object} message */
function tell(message) {
  process.send?.(message)
}
