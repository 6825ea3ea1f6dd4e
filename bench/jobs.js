// The job classes of the benchmark. Job threads import this file too.
import { EramJob } from '../index.js'

/** Does nothing, so that only the queue is measured. */
export class Noop extends EramJob {
  static {
    Noop.register({ filename: import.meta.filename })
  }
  async perform() {}
}

const channel = new BroadcastChannel('eram bench')
channel.unref()

/** Reports to the main thread when it began. */
export class Timed extends EramJob {
  static {
    Timed.register({ filename: import.meta.filename })
  }
  /** @param {{ n: number }} args */
  async perform({ n }) {
    // This clock is the same in all threads of a process.
    channel.postMessage({ n, began: process.hrtime.bigint() })
  }
}
