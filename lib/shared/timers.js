// The timers and the clock of Node.js, as they were when this file was loaded. Test runners replace the global ones with fakes that
// stand still, and node:test also those of node:timers; the engine goes on.

import { performance } from 'node:perf_hooks'
import timers from 'node:timers'

export const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = timers

/** Milliseconds since the start of the process. @type {() => number} */
export const monotonic = performance.now.bind(performance)
