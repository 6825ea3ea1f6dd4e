// What explains jobs and the cluster: attention, counts, jobs.why, jobs.failures, jobs.suggest.

import { toJson } from '../../shared/json.js'
import { recordOf } from '../../shared/validate.js'
import { NOTHING, OPTIONS, one, oneAndOptions } from '../calls.js'
import { readId } from '../job-filter.js'

/** @import { EngineOperation } from '../operation.js' */

/** @type {EngineOperation[]} */
export const insight = [
  {
    name: 'attention',
    summary: 'Shows what needs the attention of an operator',
    about:
      'Applies rules to what nodes have reported, to what waits, to cron entries and to metrics. What this engine has warned of counts too. Critical things come first, at most 100.',
    access: 'read',
    options: {},
    answer: { type: 'Attention', dates: ['at', 'items.since'] },
    call: NOTHING,
    command: 'attention',
    remote: { path: '/attention', permission: 'view', counts: true },
    run: (engine) => engine.call('attention'),
  },
  {
    name: 'counts',
    summary: 'Shows how many jobs there are, by state and by queue',
    about:
      'Counts waiting jobs up to 50,000 by their indexes; nodes report those that run. Other jobs are counted where the table has at most 2,000 pages, and else estimated, which the answer says.',
    access: 'read',
    options: {},
    answer: { type: 'JobCounts', dates: ['at'] },
    call: NOTHING,
    remote: { path: '/counts', permission: 'view', counts: true, tool: false },
    run: (engine) => engine.call('counts'),
  },
  {
    name: 'jobs.why',
    summary: 'Explains why a job does not run, or how it runs, or how it ended; null if it does not exist',
    about:
      'Reads the row, and what nodes and the leader have reported. What this engine alone knows counts too: rows that the database refuses to change, and its own stop.',
    access: 'read',
    options: { id: { kind: 'integer', required: true, operand: true, meaning: 'the id of the job' } },
    answer: { type: 'JobWhy | null', dates: ['at'], payload: true },
    call: one('id'),
    command: 'jobs why',
    remote: { path: '/jobs/{id}/why', permission: 'view' },
    run: (engine, { id }) => engine.call('jobs', 'why', toJson({ id: readId(id, 'jobs.why') }, 'jobs.why')),
  },
  {
    name: 'jobs.failures',
    summary:
      'Groups the jobs that fail alike: those of a class whose errors have the same first line, but for ids, numbers and quoted texts',
    about:
      'Jobs count that are discarded or retryable, each once, by its last failed attempt in the window. Looks at the newest 50,000 failed attempts, for about a second, and says whether these were all.',
    access: 'read',
    options: {
      window: { kind: 'window', default: '24h', meaning: 'the time up to now, at most 30d' },
      queue: { kind: 'name', meaning: 'of this queue' },
      worker: { kind: 'name', meaning: 'of this job class' },
      limit: { kind: 'integer', default: '50', meaning: 'at most so many groups, 1 to 500', remote_maximum: 500 },
    },
    answer: {
      type: 'JobFailures',
      dates: ['at', 'start', 'from', 'until', 'groups.first_at', 'groups.last_at'],
      payload: true,
    },
    call: OPTIONS,
    command: 'jobs failures',
    remote: { path: '/jobs/failures', permission: 'view', counts: true },
    run: (engine, options) => engine.call('jobs', 'failures', toJson(recordOf(options, 'jobs.failures'), 'jobs.failures')),
  },
  {
    name: 'jobs.suggest',
    summary: 'Suggests how a search may go on at the caret: qualifiers, names, and paths and values of args and meta',
    about: 'Names, paths and values come from the newest 2,000 jobs that meet the other terms, among the newest 50,000.',
    access: 'read',
    options: {
      text: { kind: 'text', required: true, meaning: 'the search, which need not be complete' },
      caret: { kind: 'integer', default: 'its end', meaning: 'the place in it, in UTF-16 code units' },
    },
    answer: { type: 'JobSuggestions', payload: true },
    call: oneAndOptions('text'),
    remote: { path: '/jobs/suggest', permission: 'view', tool: false },
    run: (engine, { text, ...options }) => engine.call('jobs', 'suggest', toJson({ text, ...options }, 'jobs.suggest')),
  },
]
