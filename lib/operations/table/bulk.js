// An action on all jobs that a search means: jobs.preview, jobs.bulk.

import { toJson } from '../../shared/json.js'
import { OPTIONS } from '../calls.js'

/** @import { EngineOperation, Option } from '../operation.js' */

/** @type {Record<'action' | 'text', Option>} */
const WHAT = {
  action: { kind: 'name', required: true, meaning: 'cancel, retry, delete or update' },
  text: { kind: 'text', required: true, meaning: 'a search, as jobs.search takes it; not of all jobs' },
}

/** @type {EngineOperation[]} */
export const bulk = [
  {
    name: 'jobs.preview',
    summary: 'Shows on how many jobs of a search an action would act',
    about:
      'Counts for about two seconds, up to some 100,000 jobs. `max_id` is for jobs.bulk: jobs that are enqueued afterwards stay as they are.',
    access: 'read',
    options: WHAT,
    answer: { type: 'BulkPreview' },
    call: OPTIONS,
    remote: { path: '/jobs/preview', permission: 'view', counts: true },
    run: (engine, options) => engine.call('jobs', 'preview', toJson(options, 'jobs.preview')),
  },
  {
    name: 'jobs.bulk',
    summary: 'Acts on the next jobs that a search means',
    about: 'Until `next` is null, pass it as `after` for more. Each call is one chunk; the caller shows how far it is, and may stop.',
    access: 'write',
    options: {
      ...WHAT,
      max_id: { kind: 'integer', required: true, meaning: 'that of jobs.preview: jobs with a higher id are left alone' },
      after: { kind: 'integer', default: '0', meaning: 'jobs with a higher id' },
      limit: { kind: 'integer', default: '1000', meaning: 'at most so many jobs, 1 to 2000', remote_maximum: 2000 },
      reason: { kind: 'text', meaning: 'the reason of a cancel, for the errors of the jobs' },
      changes: { kind: 'object', meaning: 'the new values of an update', type: 'JobChanges', rounded: true },
    },
    answer: { type: 'BulkChunk' },
    call: OPTIONS,
    remote: { path: '/jobs/bulk', permission: 'jobs:bulk', acts: 'jobs', destructive: true, idempotent: true },
    run: (engine, options) => engine.call('jobs', 'bulk', toJson(options, 'jobs.bulk')),
  },
]
