// Inspecting jobs and acting on them: `engine.jobs`.
import type { JobAttempt, JobRow } from './job-row.js'
import type { Duration, JobState, JsonObject } from './values.js'

/**
 * Inspects jobs and acts on them: one by id, several by ids, or all that match a filter. An action
 * on a filter that matches every job is rejected.
 *
 * Actions process 1000 jobs in a transaction, lowest id first, up to the newest job at the start of
 * the call, and resolve to the jobs they touched.
 *
 * @throws {EramError} `ERAM_CONFIG` for an invalid id or filter · `ERAM_UNIQUE_CONFLICT` from `retry` and
 * `update` if another job has taken the unique key of one; the message names both, and its batch is
 * rolled back
 */
export interface Jobs {
  /**
   * Returns one job, or null.
   * @example
   * const job = await engine.jobs.find(id, { attempts: true })
   */
  find<Args = any>(id: number): Promise<JobRow<Args> | null>
  find<Args = any>(id: number, options: { attempts: true }): Promise<(JobRow<Args> & { attempts: JobAttempt[] }) | null>
  find<Args = any>(id: number, options: { attempts?: boolean | undefined }): Promise<(JobRow<Args> & { attempts?: JobAttempt[] }) | null>

  /**
   * Lists the attempts of a job, oldest first: the newest thousand, and the one that runs. Null if
   * the job does not exist.
   * @example
   * const attempts = await engine.jobs.attempts(id)
   * const failed = attempts?.filter(({ status }) => status === 'failure')
   */
  attempts(id: number): Promise<JobAttempt[] | null>

  /**
   * Lists jobs, newest first, 100 unless `limit` says otherwise. For the next page, pass the id of
   * the last job as `before`.
   * @example
   * await engine.jobs.list({ state: ['available', 'retryable'], queue: 'emails', limit: 50 })
   */
  list<Args = any>(
    filter?: JobFilter & { limit?: number | undefined; offset?: number | undefined; before?: number | undefined },
  ): Promise<JobRow<Args>[]>

  /**
   * Cancels jobs that are not final. A running job is aborted, on whatever node, and is `cancelled`
   * when it throws or is given up; one that returns all the same is `completed`.
   */
  cancel(which: number | readonly number[] | JobFilter, options?: { reason?: string | undefined }): Promise<TouchedJob[]>
  /**
   * Makes jobs available again, with one more attempt if none is left. Skips those available or
   * executing.
   */
  retry(which: number | readonly number[] | JobFilter): Promise<TouchedJob[]>
  /** Deletes jobs. Skips those executing. */
  delete(which: number | readonly number[] | JobFilter): Promise<TouchedJob[]>
  /**
   * Changes waiting jobs. The unique key of a job stays as it was when the job was enqueued.
   * @throws {EramError} `ERAM_JOB` for an invalid change
   */
  update(which: number | readonly number[] | JobFilter, changes: JobChanges): Promise<TouchedJob[]>
}

/** Selects the jobs that meet every condition given. */
export interface JobFilter {
  id?: number | readonly number[] | undefined
  state?: JobState | readonly JobState[] | undefined
  queue?: string | readonly string[] | undefined
  /** Names of job classes. */
  worker?: string | readonly string[] | undefined
  /** The job has all of these tags. */
  tags?: string | readonly string[] | undefined
  /** The job's args contain this, as PostgreSQL's `@>` does. */
  args?: JsonObject | undefined
  /** The job's meta contains this, as PostgreSQL's `@>` does. */
  meta?: JsonObject | undefined
  /** Inclusive. */
  inserted_from?: Date | string | undefined
  /** Exclusive. */
  inserted_until?: Date | string | undefined
  /** Inclusive. */
  scheduled_from?: Date | string | undefined
  /** Exclusive. */
  scheduled_until?: Date | string | undefined
}

/** The changes of {@link Jobs.update}. */
export interface JobChanges {
  args?: JsonObject | undefined
  meta?: JsonObject | undefined
  tags?: readonly string[] | undefined
  queue?: string | undefined
  priority?: number | undefined
  max_attempts?: number | undefined
  /** Milliseconds; null removes it. */
  timeout?: Duration | null | undefined
  scheduled_at?: Date | string | undefined
  /** Seconds from now. Excludes `scheduled_at`. */
  schedule_in?: Duration | undefined
  state?: 'available' | 'suspended' | undefined
}

/** A job that an action touched. */
export interface TouchedJob {
  id: number
  queue: string
  /** Name of the job class. */
  worker: string
  /** The state before. */
  previous: JobState
  /** The state now. */
  state: JobState
}
