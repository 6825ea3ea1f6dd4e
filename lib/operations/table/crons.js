// engine.cron: list, find, insert, upsert, update, pause, resume, delete, run, next.

import { affordable } from '../../shared/heap.js'
import { JOB_TIMES, toJob } from '../../shared/job-row.js'
import { MAX_LENGTH, toJson } from '../../shared/json.js'
import { NOTHING, one, oneAndOptions, two } from '../calls.js'
import { cronEntry, entryChanges, entryName } from '../cron-entry.js'

/** @import { Answer, EngineHost, EngineOperation, Option, Options } from '../operation.js' */

const TIMES = ['last_at', 'next_at', 'inserted_at', 'updated_at']

/** @type {Answer} */
const ROW = { type: 'CronRow', dates: TIMES, payload: true }
/** @type {Option} */
const ENTRY = {
  kind: 'entry',
  required: true,
  meaning: '[schedule, job, args?, options?], or an object of these',
  type: 'CronEntry',
  rounded: true,
}
/** @type {Option} */
const NAME = { kind: 'name', required: true, operand: true, meaning: 'the name of the entry' }

/** @type {EngineOperation[]} */
export const crons = [
  {
    name: 'cron.list',
    summary: 'Lists all entries, by name',
    access: 'read',
    options: {},
    answer: { type: 'CronRow[]', dates: TIMES, payload: true },
    call: NOTHING,
    command: 'crons list',
    remote: { path: '/crons', permission: 'view', list: 'crons' },
    run: (engine) => call(engine, 'list', {}),
  },
  {
    name: 'cron.find',
    summary: 'Shows an entry with its next five ticks and its newest 60 jobs, or null if it does not exist',
    about: 'A job that was deleted since, as the pruner does, has no state.',
    access: 'read',
    options: { name: NAME },
    answer: {
      type: 'CronDetails | null',
      dates: [...TIMES, 'next', ...['tick', 'attempted_at', 'finished_at'].map((time) => `history.${time}`)],
      payload: true,
    },
    call: one('name'),
    command: 'crons show',
    remote: { path: '/crons/{name}', permission: 'view' },
    run: (engine, { name }) => call(engine, 'find', { name: entryName(name, 'cron.find') }),
  },
  {
    name: 'cron.insert',
    summary: 'Adds an entry',
    access: 'write',
    options: { entry: ENTRY },
    answer: ROW,
    call: one('entry'),
    remote: { path: '/crons', permission: 'crons:edit', status: 201, tool: false },
    run: (engine, { entry }) => call(engine, 'insert', { entry: cronEntry(entry, 'cron.insert') }),
  },
  {
    name: 'cron.upsert',
    summary: 'Adds an entry, or replaces the one of that name',
    about: 'Ticks up to now are not repeated.',
    access: 'write',
    options: { entry: ENTRY },
    answer: ROW,
    call: one('entry'),
    remote: { path: '/crons', method: 'PUT', permission: 'crons:edit', destructive: true, idempotent: true },
    run: (engine, { entry }) => call(engine, 'upsert', { entry: cronEntry(entry, 'cron.upsert') }),
  },
  {
    name: 'cron.update',
    summary: 'Changes members of an entry; null removes an option',
    access: 'write',
    options: { name: NAME, changes: { kind: 'object', required: true, meaning: 'the new values', type: 'CronChanges', rounded: true } },
    answer: ROW,
    call: two('name', 'changes'),
    remote: { path: '/crons/{name}', method: 'PATCH', permission: 'crons:edit', destructive: true, idempotent: true },
    run(engine, { name, changes }) {
      const entry = entryChanges(changes, 'cron.update')
      return call(engine, 'update', { name: entryName(name, 'cron.update'), entry })
    },
  },
  {
    name: 'cron.pause',
    summary: 'Stops the ticks of an entry until it is resumed',
    about: 'Ticks in between do not count as missed.',
    access: 'write',
    options: { name: NAME },
    answer: ROW,
    call: one('name'),
    command: 'crons pause',
    remote: { path: '/crons/{name}/pause', permission: 'crons:pause', idempotent: true },
    run: (engine, { name }) => call(engine, 'pause', { name: entryName(name, 'cron.pause') }),
  },
  {
    name: 'cron.resume',
    summary: 'Ends the pause of an entry',
    access: 'write',
    options: { name: NAME },
    answer: ROW,
    call: one('name'),
    command: 'crons resume',
    remote: { path: '/crons/{name}/resume', permission: 'crons:pause', idempotent: true },
    run: (engine, { name }) => call(engine, 'resume', { name: entryName(name, 'cron.resume') }),
  },
  {
    name: 'cron.delete',
    summary: 'Deletes an entry',
    about: 'One that is in the code of a node returns when that node starts again: pause it instead.',
    access: 'write',
    options: { name: NAME },
    answer: { type: 'void' },
    call: one('name'),
    remote: { path: '/crons/{name}', method: 'DELETE', permission: 'crons:edit', destructive: true, idempotent: true },
    async run(engine, { name }) {
      await call(engine, 'delete', { name: entryName(name, 'cron.delete') })
    },
  },
  {
    name: 'cron.run',
    summary: 'Makes a job of an entry now, also if it is paused',
    about: 'Does not affect its ticks. The job has `meta.cron_manual: true`.',
    access: 'write',
    options: { name: NAME },
    answer: { type: 'EnqueuedJob', dates: JOB_TIMES, payload: true },
    call: one('name'),
    command: 'crons run',
    remote: { path: '/crons/{name}/run', permission: 'crons:run', status: 201 },
    async run(engine, { name }) {
      const { worker, args, ...row } = await call(engine, 'run', { name: entryName(name, 'cron.run') })
      return toJob(row, { worker, args })
    },
  },
  {
    name: 'cron.next',
    summary: 'Shows the next times of a cron expression',
    access: 'read',
    options: {
      expression: { kind: 'text', required: true, meaning: 'minute, hour, day, month and weekday, or a nickname' },
      timezone: { kind: 'text', default: 'that of the engine', meaning: 'an IANA time zone' },
      count: { kind: 'integer', default: '5', meaning: 'how many times, up to 10,000' },
      after: { kind: 'time', default: 'now', meaning: 'the time after which they are' },
    },
    answer: { type: 'Date[]', dates: [''] },
    call: oneAndOptions('expression'),
    command: 'crons next',
    remote: { path: '/crons/next', permission: 'view', list: 'times' },
    run: (engine, options) => call(engine, 'next', { times: { ...options, after: timeText(options.after ?? new Date()) } }),
  },
]

/** @param {unknown} time */
function timeText(time) {
  const text = time instanceof Date && !Number.isNaN(time.getTime()) ? time.toISOString() : time
  return typeof text === 'string' ? text : String(text)
}

/**
 * @param {EngineHost} engine
 * @param {string} action
 * @param {Options} options
 */
async function call(engine, action, options) {
  return engine.call('crons', action, toJson(options, `cron.${action}`, 'ERAM_CONFIG', { most: affordable(MAX_LENGTH) }))
}
