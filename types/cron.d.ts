// Cron: jobs made at set times, and `engine.cron`, which changes them at runtime.
import type { AnyJobClass } from './context.js'
import type { EnqueuedJob } from './enqueue.js'
import type { JobOptions } from './job-options.js'
import type { JobState, JsonObject } from './values.js'

/**
 * A cron entry: an expression `minute hour day month weekday`, or a nickname such as `'@hourly'`,
 * and the job to make. Unlike in Vixie cron, day and weekday must both match.
 *
 * @example
 * const cron: CronEntry[] = [
 *   ['0 8 * * MON-FRI', ReportJob],
 *   ['0 8 * * MON-FRI', ReportJob, { kind: 'daily' }, { name: 'daily', timezone: 'Europe/Berlin', guaranteed: true }],
 *   { schedule: '0 8 * * MON-FRI', job: 'ReportJob', args: { kind: 'daily' }, name: 'report', queue: 'mail' },
 * ]
 */
export type CronEntry =
  | readonly [schedule: string, job: AnyJobClass | string]
  | readonly [schedule: string, job: AnyJobClass | string, args: JsonObject | undefined]
  | readonly [schedule: string, job: AnyJobClass | string, args: JsonObject | undefined, options: CronOptions]
  | ({ schedule: string; job: AnyJobClass | string; args?: JsonObject | undefined } & CronOptions)

/** Options of a cron entry, and of its jobs; the latter override those of the job class. */
export interface CronOptions extends JobOptions {
  /**
   * A unique name, up to 255 characters. It keeps the entry's history when the rest changes.
   * @default made of job, expression, time zone, args and options, so it changes with them
   */
  name?: string | undefined
  /** An IANA time zone such as `'Europe/Berlin'`. @default that of StartOptions, 'Etc/UTC' */
  timezone?: string | undefined
  /**
   * Whether to make up for the last missed tick: one for which no node was running within a minute.
   * @default false
   */
  guaranteed?: boolean | undefined
  /** Whether the entry starts paused, until {@link Crons.resume}. @default false */
  paused?: boolean | undefined
}

/**
 * Inspects and changes the cron entries of all nodes. Changes are stored in the database: they
 * apply to every node, survive restarts, and override what the code says of the same member of the
 * entry.
 */
export interface Crons {
  /** Lists all entries, by name. */
  list(): Promise<CronRow[]>
  /**
   * Returns an entry with its next five ticks and its newest 60 jobs; null if no entry has that name.
   * @example
   * const entry = await engine.cron.find('report')
   * for (const { tick, state } of entry?.history ?? []) console.log(tick, state)
   */
  find(name: string): Promise<CronDetails | null>
  /**
   * Adds an entry. Its class may be registered on other nodes only.
   * @example
   * await engine.cron.insert(['0 8 * * *', 'ReportJob', { shop: 17 }, { name: 'report 17', timezone: 'Asia/Tokyo' }])
   * @throws {EramError} `ERAM_UNIQUE_CONFLICT` if an entry has that name · `ERAM_CONFIG` for an invalid
   * entry
   */
  insert(entry: CronEntry): Promise<CronRow>
  /** As `insert`, but replaces the entry of that name. Ticks up to now are not repeated. */
  upsert(entry: CronEntry): Promise<CronRow>
  /**
   * Changes members of an entry; null removes an option.
   * @example
   * await engine.cron.update('report', { schedule: '0 9 * * *', priority: 3 })
   * @throws {EramError} `ERAM_NOT_FOUND` if no entry has that name · `ERAM_CONFIG` for an invalid
   * change
   */
  update(name: string, changes: CronChanges): Promise<CronRow>
  /**
   * Stops ticks until `resume`. Ticks in between do not count as missed and are never made up for.
   */
  pause(name: string): Promise<CronRow>
  /** Ends a pause. */
  resume(name: string): Promise<CronRow>
  /**
   * Deletes an entry. One that is in the code of a node returns when that node starts again: pause
   * it instead.
   */
  delete(name: string): Promise<void>
  /**
   * Makes a job of the entry now, also if it is paused; does not affect its ticks. The job has
   * `meta.cron_manual: true`.
   */
  run(name: string): Promise<EnqueuedJob>
  /**
   * Returns the next `count` times of an expression (1 to 10,000, default 5) after `after`
   * (default: now); fewer if there are no more until the end of the year 9999.
   * @example
   * await engine.cron.next('30 2 * * *', { timezone: 'Europe/Berlin', count: 3 })
   */
  next(
    expression: string,
    options?: { timezone?: string | undefined; count?: number | undefined; after?: Date | string | undefined },
  ): Promise<Date[]>
}

/** A cron entry with its next ticks and its newest jobs, returned by {@link Crons.find}. */
export interface CronDetails extends CronRow {
  /** The next five ticks; none while it is paused or not active, and for `'@reboot'`. */
  next: Date[]
  /** Its newest jobs, the newest first, up to 60. */
  history: CronRun[]
}

/** A job of a cron entry. */
export interface CronRun {
  /** The id of the job. */
  job: number
  /** Null for a job made by {@link Crons.run}, and for one of `'@reboot'`. */
  tick: Date | null
  /** Whether {@link Crons.run} made it. */
  manual: boolean
  /** Null for a job that was deleted since, as the pruner does. */
  state: JobState | null
  attempt: number | null
  attempted_at: Date | null
  /** When it was completed, cancelled or discarded. */
  finished_at: Date | null
}

/** The changes of {@link Crons.update}. */
export type CronChanges = { schedule?: string | undefined; job?: AnyJobClass | string | undefined; args?: JsonObject | undefined } & {
  [Key in Exclude<keyof CronOptions, 'name'>]?: CronOptions[Key] | null | undefined
}

/** A cron entry as it is in effect. */
export interface CronRow {
  name: string
  expression: string
  timezone: string
  /** Name of the job class. */
  worker: string
  args: JsonObject
  /** Options of its jobs that override those of the class. */
  options: JsonObject
  guaranteed: boolean
  paused: boolean
  /** `'code'`: passed to `start()` by some node. `'runtime'`: added by `insert` or `upsert`. */
  source: 'code' | 'runtime'
  /**
   * Whether it ticks: added at runtime, or in the code of a node that was running within the last
   * three minutes.
   */
  active: boolean
  /** The last tick that made a job. */
  last_at: Date | null
  /** The next tick; null while paused or not active, and for `'@reboot'`. */
  next_at: Date | null
  /** Number of ticks for which no node was running. */
  missed: number
  /** Why it cannot make jobs, for a row that was written by hand. */
  problem: string | null
  inserted_at: Date
  updated_at: Date
}
