// What `perform` may throw to choose its outcome. `ctx.cancel()`, `ctx.discard()`, `ctx.snooze()`
// and `ctx.retry()` make them.
//
// Like EramError they are recognized by a brand, so those of the ES module and of the CommonJS
// bundle are interchangeable.

/**
 * Thrown or returned by `perform`: the job becomes `cancelled` and is not retried.
 *
 * @example
 * if (response.status === 404) throw new CancelJob('the feed is gone')
 */
export declare class CancelJob extends Error {
  /**
   * @param reason stored with the job's errors. Default: `'cancelled by the job'`
   * @throws {EramError} `ERAM_JOB` if the reason is not a string
   */
  constructor(reason?: string, options?: { cause?: unknown })
  readonly reason: string
}

/**
 * Thrown or returned by `perform`: the job becomes `discarded` at once, however many attempts are
 * left.
 */
export declare class DiscardJob extends Error {
  /**
   * @param reason stored with the job's errors. Default: `'discarded by the job'`
   * @throws {EramError} `ERAM_JOB` if the reason is not a string
   */
  constructor(reason?: string, options?: { cause?: unknown })
  readonly reason: string
}

/**
 * Thrown or returned by `perform`: the job is `scheduled` to run again later, and this attempt does
 * not count.
 */
export declare class SnoozeJob extends Error {
  /**
   * @param seconds until the job runs again, 0 or more
   * @throws {EramError} `ERAM_JOB` if that is not such a number
   */
  constructor(seconds: number)
  readonly seconds: number
}

/**
 * Thrown or returned by `perform`: the attempt fails, and the job is `retryable` after a delay of
 * its own.
 */
export declare class RetryJob extends Error {
  /**
   * @param options `after`: seconds until the next attempt, 0 or more; without it the backoff
   * decides. `reason` is stored with the job's errors
   * @throws {EramError} `ERAM_JOB` if `after` or `reason` is not valid
   */
  constructor(options?: { after?: number | undefined; reason?: string | undefined; cause?: unknown })
  readonly after: number | undefined
  readonly reason: string
}
