// Jobs that say when they began.
import { setTimeout as sleep } from 'node:timers/promises'
import { EramJob } from '../../../index.js'

export class ClockJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'clock' })
  }

  /** @param {{ ms?: number, obey?: boolean }} args @param {import('../../../index.js').JobContext} ctx */
  async perform({ ms = 0, obey }, ctx) {
    const began = Date.now()
    if (ms > 0) await sleep(ms, undefined, obey ? { signal: ctx.signal } : undefined)
    return began
  }
}
