// Reads the options of performJob().

import { invalidOption, isRecord } from '../../shared/validate.js'

/**
 * @typedef {object} PerformOptions
 * @property {Record<string, any> & { attempt: number, errors: any[], id?: number, scheduled_at?: Date }} job  members of the job
 * @property {unknown} tx
 * @property {import('../../shared/setup-file.js').Create | undefined} resolve
 * @property {unknown} setup
 * @property {unknown} engine
 * @property {AbortSignal | undefined} signal
 * @property {boolean} throws
 * @property {'record' | 'real'} enqueue
 */

/** Options of the job that the rules of drafts check. */
const DRAFT = ['max_attempts', 'meta', 'tags', 'priority', 'queue', 'timeout', 'backoff']
const KEYS = [
  ...['attempt', 'id', 'errors', 'scheduled_at', ...DRAFT],
  ...['tx', 'resolve', 'setup', 'engine', 'signal', 'throws', 'enqueue'],
]

/** @type {Record<string, [string, (value: any) => boolean]>} */
const CHECKS = {
  attempt: ['a positive integer', isPositive],
  id: ['a positive integer', isPositive],
  errors: ['an array of error entries', Array.isArray],
  scheduled_at: ['a Date', (value) => value instanceof Date && !Number.isNaN(value.getTime())],
  resolve: ['a function (JobClass, ctx) => instance', (value) => typeof value === 'function'],
  signal: ['an AbortSignal', (value) => typeof value?.addEventListener === 'function'],
  throws: ['true or false', (value) => typeof value === 'boolean'],
  enqueue: ["'record' or 'real'", (value) => value === 'record' || value === 'real'],
}

/**
 * @param {string} name  of the worker
 * @param {unknown} given
 * @returns {PerformOptions}
 */
export function readPerformOptions(name, given) {
  const subject = `performJob(${name})`
  if (!isRecord(given)) throw invalidOption(subject, 'an object of options', given)
  const all = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  for (const [key, value] of Object.entries(all)) {
    if (!KEYS.includes(key)) throw invalidOption(subject, `only ${KEYS.join(', ')}`, key)
    const [expected, fits] = CHECKS[key] ?? ['', () => true]
    if (!fits(value)) throw invalidOption(`${subject}: ${key}`, expected, value)
  }
  const { attempt = 1, id, errors = [], scheduled_at, tx, resolve, setup, engine, signal, throws = true, enqueue = 'record' } = all
  const draft = Object.fromEntries(Object.entries(all).filter(([key]) => DRAFT.includes(key)))
  return { job: { ...draft, attempt, id, errors, scheduled_at }, tx, resolve, setup, engine, signal, throws, enqueue }
}

/** @param {unknown} value */
function isPositive(value) {
  return Number.isSafeInteger(value) && Number(value) > 0
}
