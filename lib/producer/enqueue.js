// Enqueues jobs through any database library, or through a function that runs SQL, such as one that asks a server by fetch.

import { DRAFT, HEAD, hasVersionRule } from '../shared/draft.js'
import { EramError } from '../shared/errors.js'
import { toJobs } from '../shared/job-row.js'
import { JOB_OPTION_KEYS } from '../shared/option-keys.js'
import { invalid, isObject, isRecord, shown } from '../shared/validate.js'
import { insertDrafts, resolveClient, schemaName, statementOf } from '../transactions/index.js'
import { draftText } from './draft.js'

/** @typedef {{ worker: string, args: unknown, text: string }} Draft */
/** @typedef {{ prefix: string, version: string | undefined, max_args_bytes: number | undefined, in_transaction: boolean }} Options */

const KEYS = ['prefix', 'version', 'max_args_bytes', 'in_transaction']

/**
 * Enqueues one job or many, all or none.
 * @param {unknown} client
 * @param {unknown} drafts
 * @param {unknown} [options]
 */
export async function enqueue(client, drafts, options) {
  const { prefix, in_transaction, ...given } = readOptions(options)
  const list = readDrafts(drafts, given)
  const executor = resolveClient(client)
  if (in_transaction && executor.joins !== true) {
    throw invalid('ERAM_NOT_IN_TRANSACTION', 'client', 'an open transaction, as in_transaction demands', client)
  }
  if (list.length === 0) return []
  const texts = list.map(({ text }) => text)
  const jobs = toJobs(await insertDrafts({ executor, prefix }, texts), list)
  return isList(drafts) ? jobs : jobs[0]
}

/**
 * The statement that enqueues, for sending it by other means, such as in a batch.
 * @param {unknown} drafts
 * @param {unknown} [options]
 */
export function statement(drafts, options) {
  const { prefix, ...given } = readOptions(options)
  const texts = readDrafts(drafts, given).map(({ text }) => text)
  return { text: statementOf(prefix, 'enqueue'), params: [`[${texts.join(',')}]`] }
}

/** @param {unknown} options @returns {Options} */
function readOptions(options = {}) {
  if (!isRecord(options)) throw invalid('ERAM_JOB', 'enqueue', 'an object of options', options)
  const unknown = Object.keys(options).find((key) => !KEYS.includes(key))
  if (unknown !== undefined) {
    const isJobs = JOB_OPTION_KEYS.some((key) => key === unknown)
    throw invalid('ERAM_JOB', 'enqueue', KEYS.join(', '), unknown, isJobs ? 'options of a job are members of its draft' : undefined)
  }
  const { prefix, version, max_args_bytes, in_transaction = false } = options
  if (version !== undefined && (typeof version !== 'string' || version === '')) {
    throw invalid('ERAM_JOB', 'version', "the application's version, a text", version)
  }
  if (max_args_bytes !== undefined && !(Number.isInteger(max_args_bytes) && max_args_bytes > 0)) {
    throw invalid('ERAM_JOB', 'max_args_bytes', 'a positive integer', max_args_bytes)
  }
  if (typeof in_transaction !== 'boolean') throw invalid('ERAM_JOB', 'in_transaction', 'true or false', in_transaction)
  return { prefix: schemaName(prefix) ?? 'public', version, max_args_bytes, in_transaction }
}

/**
 * @param {unknown} drafts  one, or an iterable
 * @param {Pick<Options, 'version' | 'max_args_bytes'>} given
 * @returns {Draft[]}
 */
function readDrafts(drafts, given) {
  return isList(drafts) ? [...drafts].map((draft, i) => readDraft(draft, `drafts[${i}]`, given)) : [readDraft(drafts, 'draft', given)]
}

/** @param {unknown} drafts @returns {drafts is Iterable<unknown>} */
function isList(drafts) {
  return isObject(drafts) && Symbol.iterator in drafts
}

/**
 * @param {unknown} draft  from new(), or { worker, args, …options }
 * @param {string} subject
 * @param {Pick<Options, 'version' | 'max_args_bytes'>} given
 * @returns {Draft}
 */
function readDraft(draft, subject, { version, max_args_bytes }) {
  const { [DRAFT]: made, [HEAD]: _, worker, args, ...options } = /** @type {any} */ (isRecord(draft) ? draft : {})
  if (typeof worker !== 'string' || worker === '') {
    const form = "X.new(args, options), or { worker: 'X', args: { … }, … }"
    throw new EramError('ERAM_JOB', `enqueue: ${subject}: expected ${form}, got ${shown(draft)}`)
  }
  const text = typeof made === 'string' ? made : draftText(worker, args, options, { max_args_bytes }).text
  if (version !== undefined) return { worker, args, text: `${text.slice(0, -1)},"version":${JSON.stringify(version)}}` }
  if (hasVersionRule(text)) throw new EramError('ERAM_JOB', `${worker}.version: expected enqueue(…, { version: '…' }) beside it, got none`)
  return { worker, args, text }
}
