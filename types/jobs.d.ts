// Inspecting jobs and acting on them: `engine.jobs`.
import type { FailuresOptions, JobFailures, JobSuggestions, JobWhy } from './insight.js'
import type { BulkChunk, BulkOptions, BulkPreview } from './job-bulk.js'
import type { JobChanges, TouchedJob } from './job-changes.js'
import type { CpuProfile, ProfiledJob } from './job-profile.js'
import type { JobAction, JobAttempt, JobRow } from './job-row.js'
import type { Duration, JobState, JsonObject } from './values.js'

/**
 * Inspects jobs and acts on them: one by id, several by ids, or all that match a filter. An action
 * on a filter that matches every job is rejected.
 *
 * Actions process 1000 jobs in a transaction, lowest id first, up to the newest job at the start of
 * the call, and resolve to the jobs they touched. Jobs that the database refuses to change, because
 * another job has taken their unique key or a trigger or constraint of yours raises an error, come
 * last, with `refused`; the others are changed all the same.
 *
 * @throws {EramError} `ERAM_CONFIG` for an invalid id or filter · if every job is refused, the error of
 * the first: `ERAM_UNIQUE_CONFLICT` from `retry` and `update` if another job has taken its unique key,
 * else `ERAM_DATABASE`
 * @example
 * const jobs = await engine.jobs.retry({ state: 'discarded', queue: 'emails' })
 * for (const { id, refused } of jobs) if (refused) console.warn(id, refused.message)
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
   * Has the next attempt of a job profiled, in whatever state the job is: a mark in its `meta`,
   * `profile_attempt`, has the number of that attempt. The profile is of the thread on which it runs,
   * and has code of other jobs that run there meanwhile. `attempts` lists it, {@link cpuProfile} gives it.
   * @example
   * const { attempt } = await engine.jobs.profile(id)
   * @throws {EramError} `ERAM_NOT_FOUND` for a job that does not exist
   */
  profile(id: number): Promise<ProfiledJob>

  /**
   * Returns the CPU profile of an attempt, as V8 writes it; null if none was taken.
   * @example
   * const profile = await engine.jobs.cpuProfile(id, 1)
   * console.log(JSON.stringify(profile)) // a .cpuprofile, for the DevTools of Chrome or VS Code
   * @throws {EramError} `ERAM_NOT_FOUND` for one that was left out, with the reason
   */
  cpuProfile(id: number, attempt: number): Promise<CpuProfile | null>

  /**
   * Explains why a job does not run, or how it runs, or how it ended: a sentence, and the checks that it
   * follows from. Null if the job does not exist.
   * @example
   * const why = await engine.jobs.why(id)
   * console.log(why?.text)
   */
  why(id: number): Promise<JobWhy | null>

  /**
   * Groups the discarded and retryable jobs of the last hours by class and error. Errors are alike if the
   * first lines of their messages differ only in ids, numbers and quoted texts.
   * @example
   * const { groups } = await engine.jobs.failures({ window: '3h' })
   * for (const { jobs, worker, error, fingerprint } of groups) console.log(jobs, worker, error, fingerprint)
   * // All jobs of a group:
   * if (groups[0]) await engine.jobs.retry({ fingerprint: groups[0].fingerprint })
   */
  failures(options?: FailuresOptions): Promise<JobFailures>

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
   * Searches jobs by a text, newest first or, with `after`, oldest first; 50 unless `limit` says otherwise.
   * Most conditions have no index: a search reads the table for some 150 ms, and says in `next` how far it
   * came.
   * docs/guides/search.md has the language.
   * @param options.after jobs with a higher id, oldest first; 0 begins with the oldest
   * @param options.columns up to 10 paths of args and meta whose values come with each job, as `columns`:
   * `args.user_id`, `args."first name"`, `args.items.0`
   * @throws {EramError} `ERAM_CONFIG` for a text that cannot be read, with the place in it
   * @example
   * const { jobs, next } = await engine.jobs.search('state:retryable queue:emails args.user_id:1 -tag:test')
   */
  search(
    text: string,
    options?: {
      limit?: number | undefined
      before?: number | undefined
      after?: number | undefined
      timezone?: string | undefined
      columns?: string | readonly string[] | undefined
    },
  ): Promise<JobSearchResult>

  /**
   * Suggests how a search may go on at the caret: for a field in which a search is typed.
   * @param options.caret in UTF-16 code units, as `selectionStart` of a field. Default: the end.
   * @throws {EramError} `ERAM_CONFIG` for a caret outside the text
   * @example
   * const { from, to, items } = await engine.jobs.suggest('queue:em')
   */
  suggest(text: string, options?: { caret?: number | undefined }): Promise<JobSuggestions>

  /**
   * Waits until a job has ended, or is in a state, on whatever node it runs, and returns its row as
   * it was read then.
   *
   * The end of a job is an event where notifications arrive. Without them, and for other states, the
   * rows of all awaited jobs are read together, 50 ms after the call and then at growing intervals, up
   * to a second; a state that a job leaves sooner may be missed.
   * @example
   * const job = await engine.jobs.wait(id, { timeout: '10 s' })
   * if (job.state === 'completed') console.log(job.result)
   * @throws {EramError} `ERAM_TIMEOUT`, which leaves the job as it is · `ERAM_NOT_FOUND` for a job that
   * is deleted meanwhile, or enqueued in a transaction that has not been committed ·
   * `ERAM_NOT_RUNNING` when the engine stops
   */
  wait<Args = any, Result = any>(id: number, options?: JobWaitOptions): Promise<JobRow<Args, Result>>

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
   * Shows on how many jobs of a search an action would act: it counts for about two seconds, up to some
   * 100,000 jobs.
   * @throws {EramError} `ERAM_CONFIG` for a search of all jobs, or one that cannot be read
   */
  preview(options: { action: JobAction; text: string }): Promise<BulkPreview>
  /**
   * Acts on the next jobs of a search, a chunk of up to 2,000, as `cancel`, `retry`, `delete` and `update`
   * do on others. Refused jobs come with `refused`, also if all are.
   * @example
   * const what = { action: 'retry', text: 'state:discarded queue:emails' } as const
   * const { jobs, max_id } = await engine.jobs.preview(what)
   * let after: number | null = 0
   * while (after !== null) after = (await engine.jobs.bulk({ ...what, max_id, after })).next
   * @throws {EramError} `ERAM_CONFIG` for a search of all jobs, or one that cannot be read · `ERAM_JOB` for an
   * invalid change
   */
  bulk(options: BulkOptions): Promise<BulkChunk>
  /**
   * Changes waiting jobs. The unique key of a job stays as it was when the job was enqueued.
   *
   * With the `revision` of a job as it was read, one that has changed since is left alone.
   * @example
   * const job = await engine.jobs.find(id)
   * if (job) await engine.jobs.update(id, { priority: 0 }, { revision: job.revision })
   * @throws {EramError} `ERAM_JOB` for an invalid change · `ERAM_CHANGED` if the job has changed since
   */
  update(
    which: number | readonly number[] | JobFilter,
    changes: JobChanges,
    options?: { revision?: string | undefined },
  ): Promise<TouchedJob[]>
}

/** Options of {@link Jobs.wait}. */
export interface JobWaitOptions {
  /** `'final'`: completed, cancelled or discarded. @default 'final' */
  state?: JobState | 'final' | undefined
  /** Time after which to give up. @default 30_000 */
  timeout?: Duration | undefined
  /** Gives up when it is aborted, and rejects with its reason. */
  signal?: AbortSignal | undefined
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
  /** Retryable and discarded jobs that fail alike, as {@link Jobs.failures} groups them. */
  fingerprint?: string | undefined
}

/** What {@link Jobs.search} found. */
export interface JobSearchResult {
  jobs: FoundJob[]
  /** Pass it as `before`, or as `after` if that was given, for more; null if all jobs have been looked at. */
  next: number | null
}

/** A job in a list: the row without what may be long. */
export interface FoundJob {
  id: number
  state: JobState
  queue: string
  worker: string
  attempt: number
  max_attempts: number
  priority: number
  tags: string[]
  /** The first 200 characters of the args as JSON. */
  args: string
  /** The node that claimed it last. */
  node: string | null
  inserted_at: Date
  scheduled_at: Date
  attempted_at: Date | null
  /** When it was completed, cancelled or discarded. */
  finished_at: Date | null
  /** The first line of the message of its last error, up to 200 characters. */
  error: string | null
  is_unique: boolean
  /** Attempts during which the thread, process or node died. */
  crashes: number
  /** Whether it runs, and its cancellation was requested. */
  is_cancelling: boolean
  /** The cron entry that enqueued it. */
  cron: string | null
  /**
   * With the option `columns`: the values at its paths, as a piece of args and meta. A value longer than
   * 200 characters is cut, or says how many items or members it has; one that does not exist is left out.
   */
  columns?: { args?: JsonObject; meta?: JsonObject }
  /** In answers of the HTTP API: what its caller may do with the job now. */
  can?: JobAction[]
}
