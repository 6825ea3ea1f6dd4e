// Reads again and again, until a signal, and prints what has changed.

import { DONE } from '../main.js'

/** @import { Terminal } from '../terminal.js' */

/**
 * @param {Terminal} io
 * @param {number} interval  in seconds
 * @param {() => Promise<string>} read
 */
export async function watchReadings(io, interval, read) {
  /** @type {() => void} */
  let wake = () => {}
  let stopped = false
  const stop = () => {
    stopped = true
    wake()
  }
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, stop)
  let last
  while (!stopped) {
    const text = await read()
    if (text !== last) {
      io.clear()
      io.print(text)
    }
    last = text
    if (!stopped) {
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, interval * 1000)
        wake = () => {
          clearTimeout(timer)
          resolve(null)
        }
      })
    }
  }
  return DONE
}
