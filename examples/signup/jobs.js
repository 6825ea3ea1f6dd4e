// The job classes. This file is loaded where jobs are enqueued, and again in the threads that run them.
import { EramJob } from 'eramjs'
import { User } from './entities.js'
import { sendWelcome } from './mail.js'

/** @import { JobContext } from 'eramjs' */

/** Sends a new user a welcome mail. */
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

/** Logs the number of users. With `transaction: true` it runs in a transaction of TypeORM, which also completes the job. */
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

/** Calls a service that fails twice. An error fails the attempt, and the next attempt follows after the backoff. */
export class TellBillingJob extends EramJob {
  static {
    this.register({ filename: import.meta.filename, backoff: { base: 1, factor: 2 } })
  }

  /**
   * @param {{ plan: string }} args
   * @param {JobContext} ctx
   */
  async perform({ plan }, ctx) {
    const failures = ctx.job.errors.filter(({ kind }) => kind === 'error').length
    if (failures < 2) throw new Error('billing answered 503')
    ctx.log.info(`TellBillingJob: billing accepted the plan "${plan}" after ${failures} failures`)
  }
}
