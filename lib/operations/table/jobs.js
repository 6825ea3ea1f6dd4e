// engine.jobs: find, attempts, list, cancel, retry, delete, update.

import { JOB_TIMES, PROGRESS_TIME } from '../../shared/job-row.js'
import { toJson } from '../../shared/json.js'
import { recordOf } from '../../shared/validate.js'
import { OPTIONS, one, oneAndOptions, two } from '../calls.js'
import { FILTER, readFilter, readId, readWhich } from '../job-filter.js'

/** @import { EngineHost, EngineOperation, Option, Options } from '../operation.js' */

/** @type {Option} */
const WHICH = { kind: 'jobs', required: true, meaning: 'the jobs; not all of them', type: 'JobFilter' }

const ATTEMPT_TIMES = ['started_at', 'ended_at']

/** @type {EngineOperation[]} */
export const jobs = [
  {
    name: 'jobs.find',
    summary: 'Shows a job, or null if it does not exist',
    access: 'read',
    options: {
      id: { kind: 'integer', required: true, operand: true, meaning: 'the id of the job' },
      attempts: { kind: 'boolean', meaning: 'with its attempts, as jobs.attempts gives them' },
    },
    answer: {
      type: '(JobRow & { attempts?: JobAttempt[] }) | null',
      dates: [...JOB_TIMES, PROGRESS_TIME, ...ATTEMPT_TIMES.map((time) => `attempts.${time}`)],
    },
    call: oneAndOptions('id'),
    command: 'jobs show',
    async run(engine, { id, attempts = false }) {
      const job = await call(engine, 'find', { id: readId(id, 'jobs.find') })
      if (job === null) return null
      return attempts ? { ...job, attempts: (await call(engine, 'attempts', { id })) ?? [] } : job
    },
  },
  {
    name: 'jobs.attempts',
    summary: 'Lists the attempts of a job, oldest first, or null if it does not exist',
    about: 'The newest thousand are kept, until the job is deleted.',
    access: 'read',
    options: { id: { kind: 'integer', required: true, meaning: 'the id of the job' } },
    answer: { type: 'JobAttempt[] | null', dates: ATTEMPT_TIMES },
    call: one('id'),
    run: (engine, { id }) => call(engine, 'attempts', { id: readId(id, 'jobs.attempts') }),
  },
  {
    name: 'jobs.list',
    summary: 'Lists jobs, newest first',
    about: 'For the next page, pass the id of the last job as `before`.',
    access: 'read',
    options: {
      ...FILTER,
      limit: { kind: 'integer', default: '100', meaning: 'at most this many' },
      offset: { kind: 'integer', default: '0', meaning: 'leave out this many' },
      before: { kind: 'integer', meaning: 'jobs with a lower id' },
    },
    answer: { type: 'JobRow[]', dates: [...JOB_TIMES, PROGRESS_TIME] },
    call: OPTIONS,
    command: 'jobs list',
    run(engine, options) {
      const { limit, offset, before, ...rest } = recordOf(options, 'jobs.list')
      const filter = readFilter(rest, 'jobs.list', ['limit', 'offset', 'before'])
      return call(engine, 'list', { filter, limit, offset, before })
    },
  },
  {
    name: 'jobs.cancel',
    summary: 'Cancels jobs that are not final',
    about: 'A running job is aborted, on whatever node.',
    access: 'write',
    options: { which: WHICH, reason: { kind: 'text', meaning: 'the reason, for its errors' } },
    answer: { type: 'TouchedJob[]' },
    call: oneAndOptions('which'),
    command: 'jobs cancel',
    run: (engine, { which, reason }) => call(engine, 'cancel', { filter: readWhich(which, 'jobs.cancel'), reason }),
  },
  {
    name: 'jobs.retry',
    summary: 'Makes jobs available again, with one more attempt if none is left',
    about: 'Skips those that are available or executing.',
    access: 'write',
    options: { which: WHICH },
    answer: { type: 'TouchedJob[]' },
    call: one('which'),
    command: 'jobs retry',
    run: (engine, { which }) => call(engine, 'retry', { filter: readWhich(which, 'jobs.retry') }),
  },
  {
    name: 'jobs.delete',
    summary: 'Deletes jobs',
    about: 'Skips those that are executing.',
    access: 'write',
    options: { which: WHICH },
    answer: { type: 'TouchedJob[]' },
    call: one('which'),
    command: 'jobs delete',
    run: (engine, { which }) => call(engine, 'delete', { filter: readWhich(which, 'jobs.delete') }),
  },
  {
    name: 'jobs.update',
    summary: 'Changes waiting jobs',
    about: 'The unique key of a job stays as it was when the job was enqueued.',
    access: 'write',
    options: { which: WHICH, changes: { kind: 'object', required: true, meaning: 'the new values', type: 'JobChanges' } },
    answer: { type: 'TouchedJob[]' },
    call: two('which', 'changes'),
    run(engine, { which, changes }) {
      const filter = readWhich(which, 'jobs.update')
      return call(engine, 'update', { filter, patch: recordOf(changes, 'jobs.update: changes') })
    },
  },
]

/**
 * @param {EngineHost} engine
 * @param {string} action
 * @param {Options} options
 */
async function call(engine, action, options) {
  return engine.call('jobs', action, toJson(options, `jobs.${action}`))
}
