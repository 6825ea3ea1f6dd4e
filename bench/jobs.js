// The job classes of the benchmarks. A job thread imports this file too.

import { EramJob } from '../index.js'
import { spin } from './lib/spin.js'

/** Does nothing, so that all there is to measure is the queue. */
export class Noop extends EramJob {
  static {
    Noop.register({ filename: import.meta.filename })
  }
  async perform() {}
}

const channel = new BroadcastChannel('eram bench')
channel.unref()

/** Tells the main thread when it began. */
export class Timed extends EramJob {
  static {
    Timed.register({ filename: import.meta.filename })
  }
  /** @param {{ n: number }} args */
  async perform({ n }) {
    // This clock is the same in all threads of a process.
    const began = process.hrtime.bigint()
    channel.postMessage({ n, began })
  }
}

/** Keeps its thread busy. */
export class Busy extends EramJob {
  static {
    Busy.register({ filename: import.meta.filename })
  }
  /** @param {{ rounds: number }} args */
  async perform(args) {
    spin(args)
  }
}

/** Gives back when it began, in milliseconds since 1970. */
export class Dated extends EramJob {
  static {
    Dated.register({ filename: import.meta.filename })
  }
  async perform() {
    return performance.timeOrigin + performance.now()
  }
}
