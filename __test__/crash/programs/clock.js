// Jobs that say when they began.
import { setTimeout as sleep } from 'node:timers/promises'
import { EramJob } from '../../../index.js'

export class ClockJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'clock' })
  }

  /** @param {{ ms?: number, abortable?: boolean }} args @param {import('../../../index.js').JobContext} ctx */
  async perform({ ms = 0, abortable }, ctx) {
    const began = Date.now()
    if (ms > 0) await sleep(ms, undefined, abortable ? { signal: ctx.signal } : undefined)
    return began
  }
}
