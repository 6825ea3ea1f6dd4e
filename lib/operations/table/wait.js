// Waiting for the end of a job: waitFor.

import { JOB_TIMES, PROGRESS_TIME } from '../../shared/job-row.js'
import { readWait, waitFor } from '../wait.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const waits = [
  {
    name: 'waitFor',
    summary: 'Waits until a job has ended, on any node, and shows it',
    about: 'It has ended when it is completed, cancelled or discarded; a failed attempt that will be retried is not the end.',
    access: 'read',
    options: {
      job: { kind: 'integer', required: true, meaning: 'the id of the job. In JavaScript also what `enqueue` returned' },
      timeout: { kind: 'milliseconds', default: 'no limit', meaning: 'the time after which to give up, with ERAM_TIMEOUT' },
      signal: { kind: 'signal', meaning: 'gives up when it is aborted' },
    },
    answer: { type: 'EndedJob', dates: [...JOB_TIMES, PROGRESS_TIME] },
    call: { parameters: ['job', 'options'], read: readWait },
    run: waitFor,
  },
]
