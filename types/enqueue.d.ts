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
  schedule_in?: Duration
  /**
   * When the job is due: a Date, or an RFC 3339 time with an offset such as
   * `'2030-01-31T09:00:00Z'`.
   * @default at once
   */
  scheduled_at?: Date | string
  /**
   * `'suspended'`: the job does not run until it is retried or updated.
   * @default 'scheduled' with a due time, else 'available'
   */
  state?: 'suspended'
  /** `false`: do not wake a queue; the job is found by polling. @default true */
  notify?: boolean
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
  engine?: string | import('./engine.js').EramEngine
  /** The schema; only with `tx`. @default that of the engine, else 'public' */
  prefix?: string
}

/** @ignore */
export type EnqueueCall<Args> = unknown extends Args
  ? [args?: Args & JsonObject, options?: EnqueueOptions]
  : {} extends Args
    ? [args?: Jsonable<Args>, options?: EnqueueOptions]
    : [args: Jsonable<Args>, options?: EnqueueOptions]
/** @ignore */
export type DraftCall<Args> = unknown extends Args
  ? [args?: Args & JsonObject, options?: DraftOptions]
  : {} extends Args
    ? [args?: Jsonable<Args>, options?: DraftOptions]
    : [args: Jsonable<Args>, options?: DraftOptions]
/** @ignore */
export type EnqueueObject<Args> = { args: Jsonable<Args> } & EnqueueOptions
/** @ignore */
export type DraftObject<Args> = { args: Jsonable<Args> } & DraftOptions

/**
 * A job that has not been inserted yet, for {@link EramEngine.enqueueAll}; made by
 * `EmailUserJob.new()`.
 */
export interface JobDraft<Args = any> {
  /** Name of the job class. */
  readonly worker: string
  readonly args: Jsonable<Args>
  readonly options: Readonly<DraftOptions>
}

/** A draft by the name of its class, which need not be loaded. */
export interface NamedDraft extends DraftOptions {
  /** Name of the job class. */
  worker: string
  args?: JsonObject
}

/**
 * What `enqueue` returns: the new job, or with `conflict: true` the existing one that `unique`
 * found.
 */
export type EnqueuedJob<Args = any> = InsertedJob<Args> | ConflictingJob<Args>

/** A job that was inserted. */
export interface InsertedJob<Args = any> {
  readonly conflict: false
  id: number
  /** Name of the job class. */
  worker: string
  queue: string
  /** As given; the job receives what JSON makes of it. */
  args: Jsonable<Args>
  state: 'available' | 'scheduled' | 'suspended'
  scheduled_at: Date
  inserted_at: Date
}

/**
 * The existing job that `unique` found, with all its columns.
 *
 * `id` and the other columns are null in one case: a REPEATABLE READ or SERIALIZABLE transaction
 * that began before that job was committed cannot see it.
 */
export interface ConflictingJob<Args = any> extends Omit<JobRow<Args>, 'args'> {
  readonly conflict: true
  args: Jsonable<Args>
}
