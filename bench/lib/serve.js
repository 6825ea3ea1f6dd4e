// The child's side of a runner process: prepares before the clock starts, runs on "go", and tears down after sending the figures, so
// that CPU time and event loop are those of one competitor.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { ownCpu } from './cpu.js'

/**
 * @typedef {object} Task
 * @property {(stopped: Promise<void>) => Promise<Record<string, unknown> | void>} run  `stopped` resolves when the parent has seen enough
 * @property {() => Promise<unknown>} close
 */

/** Of the watch on the event loop, in milliseconds. */
const RESOLUTION = 1

/**
 * @param {(options: any, report: (what: string) => void) => Promise<Task>} prepare
 * @param {{ watch?: boolean }} [options] `watch: false` where watching the event loop would be most of what there is to measure
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
  const send = (/** @type {object} */ message) => process.send?.(message)
  /** @param {any} message */
  async function handle(message) {
    if (message.stop) stop()
    if (message.prepare) {
      task = await prepare(message.prepare, (report) => send({ report }))
      send({ ready: true })
    }
    if (message.go) {
      const lag = watch ? watchLag() : () => null
      const cpu = ownCpu()
      const figures = await task.run(stopped)
      send({ done: { cpu: ownCpu() - cpu, lag: lag(), ...figures } })
      await task.close()
      process.disconnect()
    }
  }
  process.on('message', (message) => {
    handle(message).catch(({ message, stack }) => process.send?.({ failed: { message, stack } }, () => process.exit(1)))
  })
  // The parent is gone.
  process.once('disconnect', () => process.exit(0))
}

/** How late the event loop is: returns what stops the watch and gives the 99th percentile in milliseconds. */
function watchLag() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  return () => {
    histogram.disable()
    // It measures from tick to tick, and a loop that is never late ticks at the resolution.
    return Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION)
  }
}
