// engine.jobs: find, attempts, profile, cpuProfile, list, search, cancel, retry, delete, update. And enqueue, for callers without job classes.

import { enqueueAll } from '../../enqueue/index.js'
import { EramError } from '../../shared/errors.js'
import { affordable } from '../../shared/heap.js'
import { JOB_TIMES, PROGRESS_TIME } from '../../shared/job-row.js'
import { MAX_LENGTH, toJson } from '../../shared/json.js'
import { invalidOption, recordOf } from '../../shared/validate.js'
import { OPTIONS, one, oneAndOptions, two } from '../calls.js'
import { addColumns, readColumns } from '../columns.js'
import { FILTER, readFilter, readId, readWhich } from '../job-filter.js'

/** @import { EngineHost, EngineOperation, Option, Options } from '../operation.js' */

/** @type {Option} */
const WHICH = { kind: 'jobs', required: true, meaning: 'the jobs; not all of them', type: 'JobFilter' }

const REFUSED = 'Those that the database refuses to change come last, with `refused`.'

const FOUND_TIMES = ['inserted_at', 'scheduled_at', 'attempted_at', 'finished_at']

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
      payload: true,
      dates: [...JOB_TIMES, PROGRESS_TIME, ...ATTEMPT_TIMES.map((time) => `attempts.${time}`)],
    },
    call: oneAndOptions('id'),
    command: 'jobs show',
    remote: { path: '/jobs/{id}', permission: 'view', jobs: '' },
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
    answer: { type: 'JobAttempt[] | null', dates: ATTEMPT_TIMES, payload: true },
    call: one('id'),
    remote: { path: '/jobs/{id}/attempts', permission: 'view', list: 'attempts', tool: false },
    run: (engine, { id }) => call(engine, 'attempts', { id: readId(id, 'jobs.attempts') }),
  },
  {
    name: 'jobs.profile',
    summary: 'Has the next attempt of a job profiled',
    about: 'Whatever the state of the job: the mark is in its meta. The answer has the number of that attempt.',
    access: 'write',
    options: { id: { kind: 'integer', required: true, operand: true, meaning: 'the id of the job' } },
    answer: { type: 'ProfiledJob' },
    call: one('id'),
    command: 'jobs profile',
    remote: { path: '/jobs/{id}/profile', permission: 'jobs:profile', idempotent: true },
    run: markForProfile,
  },
  {
    name: 'jobs.cpuProfile',
    summary: 'Gives the CPU profile of an attempt, as V8 writes it, or null if none was taken',
    about: 'As a file it is called .cpuprofile. One that was left out is ERAM_NOT_FOUND, with the reason.',
    access: 'read',
    options: {
      id: { kind: 'integer', required: true, meaning: 'the id of the job' },
      attempt: { kind: 'integer', required: true, meaning: 'the number of the attempt, from 1' },
    },
    answer: { type: 'CpuProfile | null' },
    call: two('id', 'attempt'),
    remote: { path: '/jobs/{id}/attempts/{attempt}/profile', permission: 'jobs:view_payload', tool: false },
    run: readProfile,
  },
  {
    name: 'jobs.list',
    summary: 'Lists jobs, newest first',
    about: 'For the next page, pass the id of the last job as `before`.',
    access: 'read',
    options: {
      ...FILTER,
      limit: { kind: 'integer', default: '100', meaning: 'at most this many', remote_maximum: 1000 },
      offset: { kind: 'integer', default: '0', meaning: 'leave out this many', remote: false },
      before: { kind: 'integer', meaning: 'jobs with a lower id' },
    },
    answer: { type: 'JobRow[]', dates: [...JOB_TIMES, PROGRESS_TIME], payload: true },
    call: OPTIONS,
    command: 'jobs list',
    remote: { path: '/jobs', permission: 'view', list: 'jobs', paged: true, jobs: '' },
    run(engine, options) {
      const { limit, offset, before, ...rest } = recordOf(options, 'jobs.list')
      const filter = readFilter(rest, 'jobs.list', ['limit', 'offset', 'before'])
      return call(engine, 'list', { filter, limit, offset, before })
    },
  },
  {
    name: 'jobs.search',
    summary: 'Searches jobs by a text, newest first, or oldest first with `after`',
    about: 'It looks at jobs for some 150 ms. For more, pass `next` as `before` or `after`; when that is null, nothing is left.',
    access: 'read',
    options: {
      text: { kind: 'text', required: true, operand: true, meaning: 'what to search for; all jobs if it is empty' },
      limit: { kind: 'integer', default: '50', meaning: 'at most this many, 1 to 1000' },
      before: { kind: 'integer', meaning: 'jobs with a lower id' },
      after: { kind: 'integer', meaning: 'jobs with a higher id, oldest first: 0 for the oldest' },
      timezone: { kind: 'name', default: 'Etc/UTC', meaning: 'the time zone of dates without an offset' },
      columns: {
        kind: 'names',
        flag: false,
        meaning: 'paths of args and meta, such as args.user_id, whose values come with each job; at most 10',
      },
    },
    answer: { type: 'JobSearchResult', dates: FOUND_TIMES.map((time) => `jobs.${time}`), payload: true },
    call: oneAndOptions('text'),
    command: 'jobs search',
    remote: { path: '/jobs/search', permission: 'view', jobs: 'jobs' },
    async run(engine, { text, columns, ...options }) {
      const paths = columns === undefined ? [] : readColumns(columns)
      const found = await call(engine, 'search', { text: textOf(text), ...options })
      if (paths.length > 0) await addColumns(engine, found, paths)
      return found
    },
  },
  {
    name: 'jobs.enqueue',
    summary: 'Enqueues a job of a class by its name',
    about: 'The options of the class are not known here, except where the engine has them.',
    access: 'write',
    options: {
      worker: { kind: 'name', required: true, meaning: 'the name of the job class' },
      args: { kind: 'object', default: '{}', meaning: 'the args of the job' },
      queue: { kind: 'queue', default: 'default', meaning: 'the queue' },
      priority: { kind: 'integer', default: '0', meaning: '0, which runs first, to 9' },
      max_attempts: { kind: 'integer', default: '20', meaning: 'attempts' },
      tags: { kind: 'names', meaning: 'labels to find it by, as an array' },
      meta: { kind: 'object', default: '{}', meaning: 'notes on the job' },
      timeout: { kind: 'milliseconds', default: 'none', meaning: 'the time that an attempt may take' },
      schedule_in: { kind: 'seconds', default: 'due at once', meaning: 'the time until it is due' },
      scheduled_at: { kind: 'time', meaning: 'when it is due, instead' },
      unique: { kind: 'any', default: 'none', meaning: 'true, or what makes another job the same', type: 'UniqueOptions' },
      state: { kind: 'name', meaning: "'suspended': it waits until it is retried or updated" },
    },
    answer: { type: 'EnqueuedJob', dates: JOB_TIMES, payload: true },
    remote: { path: '/jobs', permission: 'jobs:enqueue', status: 201 },
    async run(engine, { tags, ...draft }) {
      const own = tags === undefined ? draft : { ...draft, tags: typeof tags === 'string' ? [tags] : tags }
      const [job] = await enqueueAll([own], { engine: engine.name, prefix: engine.prefix })
      return job
    },
  },
  {
    name: 'jobs.cancel',
    summary: 'Cancels jobs that are not final',
    about: `A running job is aborted, on whatever node. ${REFUSED}`,
    access: 'write',
    options: { which: WHICH, reason: { kind: 'text', meaning: 'the reason, for its errors' } },
    answer: { type: 'TouchedJob[]' },
    call: oneAndOptions('which'),
    command: 'jobs cancel',
    remote: { path: '/jobs/cancel', permission: 'jobs:cancel', list: 'jobs', destructive: true, idempotent: true },
    run: (engine, { which, reason }) => call(engine, 'cancel', { filter: readWhich(which, 'jobs.cancel'), reason }),
  },
  {
    name: 'jobs.retry',
    summary: 'Makes jobs available again, with one more attempt if none is left',
    about: `Skips those that are available or executing. ${REFUSED}`,
    access: 'write',
    options: { which: WHICH },
    answer: { type: 'TouchedJob[]' },
    call: one('which'),
    command: 'jobs retry',
    remote: { path: '/jobs/retry', permission: 'jobs:retry', list: 'jobs' },
    run: (engine, { which }) => call(engine, 'retry', { filter: readWhich(which, 'jobs.retry') }),
  },
  {
    name: 'jobs.delete',
    summary: 'Deletes jobs',
    about: `Skips those that are executing. ${REFUSED}`,
    access: 'write',
    options: { which: WHICH },
    answer: { type: 'TouchedJob[]' },
    call: one('which'),
    command: 'jobs delete',
    remote: { path: '/jobs/delete', permission: 'jobs:delete', list: 'jobs', destructive: true, idempotent: true },
    run: (engine, { which }) => call(engine, 'delete', { filter: readWhich(which, 'jobs.delete') }),
  },
  {
    name: 'jobs.update',
    summary: 'Changes waiting jobs',
    about: `The unique key of a job stays as it was when the job was enqueued. ${REFUSED}`,
    access: 'write',
    options: {
      which: WHICH,
      changes: { kind: 'object', required: true, meaning: 'the new values', type: 'JobChanges', rounded: true },
      revision: { kind: 'text', meaning: 'that of one job, as it was read: if the job has changed since, it is left alone' },
    },
    answer: { type: 'TouchedJob[]' },
    call: { parameters: ['which', 'changes', 'options'], read: (which, changes, { ...options } = {}) => ({ ...options, which, changes }) },
    remote: { path: '/jobs/update', permission: 'jobs:update', list: 'jobs', destructive: true, idempotent: true },
    async run(engine, { which, changes, revision }) {
      const filter = readWhich(which, 'jobs.update')
      try {
        return await call(engine, 'update', { filter, patch: recordOf(changes, 'jobs.update: changes'), revision })
      } catch (error) {
        if (/** @type {{ code?: unknown }} */ (error).code !== 'ERAM_CHANGED') throw error
        const job = await call(engine, 'find', { id: filter.ids[0] })
        throw Object.assign(/** @type {Error} */ (error), { state: job?.state })
      }
    },
  },
]

/** @param {EngineHost} engine @param {Options} options */
async function markForProfile(engine, { id }) {
  const marked = await call(engine, 'profile', { id: readId(id, 'jobs.profile') })
  if (marked !== null) return marked
  throw new EramError('ERAM_NOT_FOUND', `jobs.profile: expected the id of a job, got ${id}, which does not exist`)
}

/** @param {EngineHost} engine @param {Options} options */
async function readProfile(engine, { id, attempt }) {
  const found = await call(engine, 'cpuProfile', { id: readId(id, 'jobs.cpuProfile'), attempt: attemptOf(attempt) })
  if (found === null || found.profile !== null) return found?.profile ?? null
  throw new EramError('ERAM_NOT_FOUND', `jobs.cpuProfile: expected a profile of attempt ${attempt} of job ${id}, got a note: ${found.note}`)
}

/** @param {unknown} attempt */
function attemptOf(attempt) {
  if (Number.isInteger(attempt) && Number(attempt) > 0 && Number(attempt) < 2 ** 31) return attempt
  throw invalidOption('jobs.cpuProfile: attempt', 'the number of an attempt, from 1', attempt)
}

/** @param {unknown} text */
function textOf(text) {
  if (typeof text === 'string') return text
  throw invalidOption('jobs.search', 'a text', text)
}

/**
 * @param {EngineHost} engine
 * @param {string} action
 * @param {Options} options
 */
async function call(engine, action, options) {
  return engine.call('jobs', action, toJson(options, `jobs.${action}`, 'ERAM_JOB', { most: affordable(MAX_LENGTH) }))
}
