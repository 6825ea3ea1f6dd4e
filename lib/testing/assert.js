// Assertions about enqueued jobs. They look in the transaction that an enqueue would join, else through the engine.

import { AssertionError } from 'node:assert'
import { jobWithDates } from '../shared/job-row.js'
import { monotonic, setTimeout } from '../shared/timers.js'
import { invalidOption, isRecord } from '../shared/validate.js'
import { compare, describe, milliseconds, readExpected, wanted } from './expected.js'
import { sourceOf } from './source.js'

/** @import { Expected, Job } from './expected.js' */
/** @import { Place, Source } from './source.js' */

/** @typedef {Place & { wait?: unknown }} Options */
/** @typedef {{ expected: Expected, block: (() => unknown) | undefined, options: Options, source: Source }} Call */
/** @typedef {{ found: Job[], others: Job[] }} Looked  `others`: candidates that do not match */

/** Candidates that a message shows. */
const SHOWN = 5
/** Milliseconds between two looks. */
const INTERVAL = 20

/**
 * Fails unless a job is enqueued as expected; resolves to it, the newest if there are several.
 * @param {unknown} given  a job class, or members of the job
 * @param {unknown} [args]  of a class: its args; else a function, of whose jobs alone this is asserted, or the options
 * @param {unknown} [options]
 */
export async function assertEnqueued(given, args, options) {
  const call = readCall('assertEnqueued', given, args, options)
  const { expected } = call
  const after = await perform(call)
  const end = monotonic() + milliseconds(call.options.wait ?? 0, 'assertEnqueued.wait')
  const holds = (/** @type {Looked} */ { found }) => (expected.count === undefined ? found.length > 0 : found.length === expected.count)
  for (;;) {
    const looked = await look(call, after)
    if (holds(looked)) return looked.found.at(-1)
    if (monotonic() >= end) throw failure(`assertEnqueued: expected ${describe(expected)}, got ${summary(looked)}`, expected, looked.others)
    await sleep()
  }
}

/**
 * Fails if such a job is enqueued.
 * @param {unknown} given
 * @param {unknown} [args]
 * @param {unknown} [options]
 */
export async function refuteEnqueued(given, args, options) {
  const call = readCall('refuteEnqueued', given, args, options)
  const after = await perform(call)
  const end = monotonic() + milliseconds(call.options.wait ?? 0, 'refuteEnqueued.wait')
  for (;;) {
    const { found } = await look(call, after)
    if (found.length > 0)
      throw failure(`refuteEnqueued: expected no ${describe(call.expected).slice(2)}, got ${found.length}`, call.expected, found)
    if (monotonic() >= end) return
    await sleep()
  }
}

/**
 * All such jobs, oldest first.
 * @param {unknown} [given]
 * @param {unknown} [args]
 * @param {unknown} [options]
 */
export async function allEnqueued(given = {}, args, options) {
  const call = readCall('allEnqueued', given, args, options)
  return (await look(call, await perform(call))).found
}

/**
 * @param {string} subject
 * @param {unknown} given
 * @param {unknown} second
 * @param {unknown} third
 * @returns {Call}
 */
function readCall(subject, given, second, third) {
  const isClass = typeof given === 'function'
  const block = typeof second === 'function' ? /** @type {() => unknown} */ (second) : undefined
  const options = isClass || block ? (third ?? {}) : (third ?? second ?? {})
  if (!isRecord(options)) throw invalidOption(subject, 'an object of options', options)
  const { tx, engine, prefix, wait, ...rest } = options
  for (const key of Object.keys(rest)) throw invalidOption(subject, 'only tx, engine, prefix and wait as options', key)
  const expected = readExpected(given, isClass && !block ? second : undefined, subject)
  return { expected, block, options, source: sourceOf({ tx, engine, prefix }, subject) }
}

/**
 * Calls the block of an assertion; the id of the newest job before it, or 0.
 * @param {Call} call
 * @returns {Promise<number>}
 */
async function perform({ block, source }) {
  if (!block) return 0
  const jobs = await source.run('find', {})
  await block()
  return jobs.at(-1)?.id ?? 0
}

/** @param {Call} call @param {number} after @returns {Promise<Looked>} */
async function look({ expected, source }, after) {
  /** @type {Job[]} */
  const jobs = (await source.run('find', { ...wanted(expected), after })).map(jobWithDates)
  const matches = (/** @type {Job} */ job) => compare(expected, job).length === 0
  return { found: jobs.filter(matches), others: jobs.filter((job) => !matches(job)) }
}

/** @param {Looked} looked */
function summary({ found, others }) {
  const count = found.length === 0 ? 'none' : `${found.length}`
  return others.length === 0 ? count : `${count}; ${others.length} ${others.length === 1 ? 'other is' : 'others are'} enqueued:`
}

/**
 * The error, with the jobs that come nearest and where they differ.
 * @param {string} message
 * @param {Expected} expected
 * @param {Job[]} jobs
 */
function failure(message, expected, jobs) {
  const compared = jobs.map((job) => ({ job, differing: compare(expected, job) }))
  const nearest = compared.sort((a, b) => a.differing.length - b.differing.length || b.job.id - a.job.id).slice(0, SHOWN)
  const lines = nearest.map(({ job, differing }) => {
    const parts = differing.map(({ path, expected, got }) => `${path}: expected ${expected}, got ${got}`)
    return `  #${job.id} ${job.worker}  ${parts.join('; ') || JSON.stringify(job.args)}`
  })
  return new AssertionError({ message: [message, ...lines].join('\n'), stackStartFn: failure })
}

function sleep() {
  return new Promise((resolve) => setTimeout(resolve, INTERVAL))
}
