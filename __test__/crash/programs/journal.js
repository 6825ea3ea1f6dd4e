// Jobs whose effect is a line in a file: it is there whatever becomes of the database.
import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { EramJob } from '../../../index.js'

export class JournalJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'journal' })
  }

  /** @param {{ file: string, ms?: number }} args @param {import('../../../index.js').JobContext} ctx */
  async perform({ file, ms = 0 }, ctx) {
    if (ms > 0) await sleep(ms)
    appendFileSync(file, `${ctx.id} ${ctx.attempt}\n`)
  }
}
