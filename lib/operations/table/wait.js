// Waiting for a job: waitFor, jobs.wait.

import { JOB_TIMES, PROGRESS_TIME } from '../../shared/job-row.js'
import { readJobsWait, readWait, waitFor, waitForState } from '../wait.js'

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
    answer: { type: 'EndedJob', dates: [...JOB_TIMES, PROGRESS_TIME], payload: true },
    call: { parameters: ['job', 'options'], read: readWait },
    run: waitFor,
  },
  {
    name: 'jobs.wait',
    summary: 'Waits until a job has ended or is in a state, on any node, and shows it',
    about: 'It has ended when it is completed, cancelled or discarded. A state that a job leaves at once may be missed.',
    access: 'read',
    options: {
      id: { kind: 'integer', required: true, operand: true, meaning: 'the id of the job' },
      state: { kind: 'name', default: 'final', meaning: 'a state, or `final`: completed, cancelled or discarded' },
      timeout: { kind: 'milliseconds', default: '30 s', meaning: 'the time after which to give up, with ERAM_TIMEOUT' },
      signal: { kind: 'signal', meaning: 'gives up when it is aborted' },
    },
    answer: { type: 'JobRow', dates: [...JOB_TIMES, PROGRESS_TIME], payload: true },
    call: { parameters: ['id', 'options'], read: readJobsWait },
    command: 'jobs wait',
    remote: { path: '/jobs/{id}/wait', permission: 'view' },
    run: waitForState,
  },
]
