// Jobs that say when they began.
import { setTimeout as sleep } from 'node:timers/promises'
import { EramJob } from '../../../index.js'

export class ClockJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'clock' })
  }

  /** @param {{ ms?: number }} args */
  async perform({ ms = 0 }) {
    const began = Date.now()
    if (ms > 0) await sleep(ms)
    return began
  }
}
