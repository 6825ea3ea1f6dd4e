// The jobs of the shop.
import { EramJob } from 'eramjs'

/** @import { JobContext } from 'eramjs' */
/** @typedef {{ order: number, cents: number, card: string }} ChargeArgs */

/** What charges cards; a test replaces it. @type {{ charge: (card: string, cents: number) => Promise<string> }} */
export const payments = {
  async charge(card, cents) {
    if (card === 'stolen') throw Object.assign(new Error('card was declined'), { declined: true })
    if (card === 'slow') throw new Error('the bank did not answer')
    return `payment of ${cents} cents`
  },
}

/** Charges a card, and enqueues the receipt. */
export class ChargeJob extends EramJob {
  static {
    this.register({ queue: 'payments', max_attempts: 4, unique: { keys: ['order'], period: 'infinity' } })
  }

  /**
   * @param {ChargeArgs} args
   * @param {JobContext} ctx
   */
  async perform({ order, cents, card }, ctx) {
    try {
      const payment = await payments.charge(card, cents)
      await ctx.enqueue(ReceiptJob, { order, payment })
      return { payment }
    } catch (error) {
      if (/** @type {{ declined?: boolean }} */ (error).declined) return ctx.discard('card was declined')
      throw error
    }
  }

  /** Banks come back within minutes. @param {number} attempt */
  backoff(attempt) {
    return attempt * 60
  }
}

/** Writes the receipt of an order, in one transaction with the end of the job. */
export class ReceiptJob extends EramJob {
  static {
    this.register({ queue: 'receipts', transaction: true })
  }

  /**
   * @param {{ order: number, payment: string }} args
   * @param {JobContext} ctx
   */
  async perform({ order, payment }, ctx) {
    await ctx.tx.query('INSERT INTO receipts (id, payment) VALUES ($1, $2)', [order, payment])
  }
}

/** Reports the sales of the day before. */
export class SalesReportJob extends EramJob {
  static {
    this.register({ queue: 'reports' })
  }

  /** @param {{ shop: string }} args */
  async perform({ shop }) {
    return { shop }
  }
}
