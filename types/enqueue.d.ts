// Enqueueing: options of a single job, drafts, and what `enqueue` returns.
import type { JobOptions } from './job-options.js'
import type { JobRow } from './job-row.js'
import type { TransactionLike } from './transaction.js'
import type { Duration, Jsonable, JsonObject } from './values.js'

/** Options of a single job. Each overrides that of the job class. */
export interface DraftOptions extends JobOptions {
  /**
   * Seconds until the job is due, added by the database to its own clock. Excludes `scheduled_at`.
   * @default due at once
   */
  schedule_in?: Duration | undefined
  /**
   * When the job is due: a Date, or an RFC 3339 time with an offset such as
   * `'2030-01-31T09:00:00Z'`.
   * @default at once
   */
  scheduled_at?: Date | string | undefined
  /**
   * `'suspended'`: the job does not run until it is retried or updated.
   * @default 'scheduled' with a due time, else 'available'
   */
  state?: 'suspended' | undefined
  /** `false`: do not wake a queue; the job is found by polling. @default true */
  notify?: boolean | undefined
  /**
   * Takes a CPU profile of the first attempt: see {@link Jobs.profile}, which does it for another.
   * @default false
   */
  profile?: boolean | undefined
}

/** Options of `enqueue`: those of the job, and where to insert it. */
export interface EnqueueOptions extends DraftOptions, EnqueueTarget {}

/** Where jobs are inserted: in which transaction, through which engine, in which schema. */
export interface EnqueueTarget {
  /**
   * The transaction to join; `null` for none, even inside `withTransaction`. `undefined` is
   * rejected, because it is more often a misspelled name than a decision.
   * @default the transaction of `withTransaction` or of the job, else none
   */
  tx?: TransactionLike | null
  // One of two inline imports, which keep the imports of these files free of cycles.
  /** The engine, or its name, where several run. @default 'default', or the only one */
  engine?: string | import('./engine.js').EramEngine | undefined
  /** The schema; only with `tx`. @default that of the engine, else 'public' */
  prefix?: string | undefined
}

// `Dates` is never in a first overload, whose result then has the arguments as `perform` declares
// them, and Date in a second one.

/** @ignore */
export type EnqueueCall<Args, Dates = Date> = unknown extends Args
  ? [args?: Args & JsonObject, options?: EnqueueOptions]
  : {} extends Args
    ? [args?: Jsonable<Args, Dates>, options?: EnqueueOptions]
    : [args: Jsonable<Args, Dates>, options?: EnqueueOptions]
/** @ignore */
export type DraftCall<Args, Dates = Date> = unknown extends Args
  ? [args?: Args & JsonObject, options?: DraftOptions]
  : {} extends Args
    ? [args?: Jsonable<Args, Dates>, options?: DraftOptions]
    : [args: Jsonable<Args, Dates>, options?: DraftOptions]
/** @ignore */
export type EnqueueObject<Args, Dates = Date> = { args: Jsonable<Args, Dates> } & EnqueueOptions
/** @ignore */
export type DraftObject<Args, Dates = Date> = { args: Jsonable<Args, Dates> } & DraftOptions

/**
 * A job that has not been inserted yet, for {@link EramEngine.enqueueAll}; made by
 * `EmailUserJob.new()`.
 */
export interface JobDraft<Args = any, Given = Jsonable<Args>> {
  /** Name of the job class. */
  readonly worker: string
  readonly args: Given
  readonly options: Readonly<DraftOptions>
}

/** A draft by the name of its class, which need not be loaded. */
export interface NamedDraft extends DraftOptions {
  /** Name of the job class. */
  worker: string
  args?: JsonObject | undefined
}

/**
 * What `enqueue` returns: the new job, or with `conflict: true` the existing one that `unique`
 * found. `Given` is the type of the arguments as given: `Args`, or where a Date was passed for a
 * string, `Jsonable<Args>`.
 */
export type EnqueuedJob<Args = any, Given = Jsonable<Args>> = InsertedJob<Args, Given> | ConflictingJob<Args, Given>

/** A job that was inserted. */
export interface InsertedJob<Args = any, Given = Jsonable<Args>> {
  readonly conflict: false
  id: number
  /** Name of the job class. */
  worker: string
  queue: string
  /** As given; the job receives what JSON makes of it. */
  args: Given
  state: 'available' | 'scheduled' | 'suspended'
  scheduled_at: Date
  inserted_at: Date
}

/**
 * The existing job that `unique` found, with all its columns. Where a REPEATABLE READ or SERIALIZABLE
 * transaction cannot see it, because it was committed after the transaction began, `enqueue` throws
 * `ERAM_DATABASE` with `sqlstate: '40001'`: run the transaction again.
 */
export interface ConflictingJob<Args = any, Given = Jsonable<Args>> extends Omit<JobRow<Args>, 'args' | 'progress'> {
  readonly conflict: true
  args: Args | Given
}
