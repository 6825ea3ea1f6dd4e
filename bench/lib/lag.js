// How late the event loop of this thread was.

import { monitorEventLoopDelay } from 'node:perf_hooks'

const RESOLUTION = 1

/** Starts to watch; what it returns stops and tells the 99th percentile in milliseconds. */
export function watchLag() {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION })
  histogram.enable()
  return () => {
    histogram.disable()
    // It measures from tick to tick, and a loop that is never late ticks at the resolution.
    return Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION)
  }
}
