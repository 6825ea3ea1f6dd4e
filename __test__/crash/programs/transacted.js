// Jobs whose effects, outcome and follow-up are one transaction.
import { setTimeout as sleep } from 'node:timers/promises'
import { EramJob } from '../../../index.js'

export class TransferJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'transfers', transaction: true })
  }

  /** @param {{ ms: number }} args @param {import('../../../index.js').JobContext} ctx */
  async perform({ ms }, ctx) {
    const { tx, id, attempt } = ctx
    await tx.query(`INSERT INTO "${process.env.PREFIX}".effects (job, attempt, pid) VALUES ($1, $2, $3)`, [id, attempt, process.pid])
    if (ms > 0) await sleep(ms)
    // No node runs these; they are counted.
    await ctx.enqueue('ReceiptJob', { of: id })
  }
}
