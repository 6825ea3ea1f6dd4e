// Actions on all jobs of a search, chunk by chunk.

import type { JobChanges, TouchedJob } from './job-changes.js'
import type { JobAction } from './job-row.js'
import type { JobState } from './values.js'

/** On how many jobs {@link Jobs.bulk} would act. */
export interface BulkPreview {
  jobs: number
  /** False: counting stopped, there are more. */
  exact: boolean
  /** The newest job there is: for {@link Jobs.bulk}. */
  max_id: number
  states: { [state in JobState]?: number }
  /** The ten classes with the most of the jobs. */
  workers: { worker: string; jobs: number }[]
  /** Jobs of the search on which the action does not act, by their states. */
  skipped: { [state in JobState]?: number }
  /** The ids of up to five of the jobs. */
  sample: number[]
}

/** Options of {@link Jobs.bulk}. */
export interface BulkOptions {
  action: JobAction
  /** A search, as {@link Jobs.search} takes it. */
  text: string
  /** Jobs with a higher id are left alone. */
  max_id: number
  /** Jobs with a higher id. @default 0 */
  after?: number | undefined
  /** At most so many jobs, 1 to 2,000. @default 1000 */
  limit?: number | undefined
  /** Of a cancel. */
  reason?: string | undefined
  /** Of an update. */
  changes?: JobChanges | undefined
}

/** What a call of {@link Jobs.bulk} has done. */
export interface BulkChunk {
  jobs: TouchedJob[]
  /** Pass it as `after` for more; null: nothing is left. */
  next: number | null
}
