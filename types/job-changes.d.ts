// Changes of jobs, and the jobs that were changed.
import type { Duration, JobState, JsonObject } from './values.js'

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
  /** The state now; `deleted` of a job that is gone. */
  state: JobState | 'deleted'
  /** Why the database refused to change the job, whose state is as before. Absent if it was changed. */
  refused?: ActionRefusal
}

/** Why the database refused an action on a job. */
export interface ActionRefusal {
  /** `ERAM_UNIQUE_CONFLICT`: another job has taken its unique key. */
  code: 'ERAM_UNIQUE_CONFLICT' | 'ERAM_DATABASE'
  /** Null for a unique conflict. */
  sqlstate: string | null
  /** The constraint that is violated, if the error names one. */
  constraint: string | null
  /** Up to 200 characters. */
  message: string
}
