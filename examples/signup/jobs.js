// The jobs. This file is loaded twice: where jobs are enqueued, and again on the thread of each queue, where they run.
import { EramJob } from 'eramjs'
import { User } from './entities.js'
import { sendWelcome } from './mail.js'

/** @import { JobContext } from 'eramjs' */

/** Welcomes a new user. */
export class EmailUserJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, queue: 'emails', timeout: 30_000 })
  }

  /**
   * @param {{ email: string }} args
   * @param {JobContext} ctx
   */
  async perform({ email }, ctx) {
    const { messageId } = await sendWelcome(email, ctx.id)
    return { sent: messageId } // stored as the job's result
  }
}

/** Tells how many users there are. With `transaction: true` it reads in a transaction of TypeORM, which also completes the job. */
export class MinuteWorker extends EramJob {
  static {
    this.register({ filename: import.meta.filename, transaction: true })
  }

  /**
   * @param {{}} _args
   * @param {JobContext} ctx
   */
  async perform(_args, ctx) {
    const users = await ctx.tx.count(User)
    ctx.log.info(`MinuteWorker: ${users} users by now`)
    return { users }
  }
}

/** Calls a service that refuses twice. What it throws fails the attempt, and the next one comes after the backoff. */
export class TellBillingJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, backoff: { base: 1, factor: 2 } })
  }

  /**
   * @param {{ plan: string }} args
   * @param {JobContext} ctx
   */
  async perform({ plan }, ctx) {
    const refused = ctx.job.errors.filter(({ kind }) => kind === 'error').length
    if (refused < 2) throw new Error('billing answered 503')
    ctx.log.info(`TellBillingJob: billing took the plan "${plan}" after ${refused} refusals`)
  }
}
