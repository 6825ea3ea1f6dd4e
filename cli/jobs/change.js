// Shared by jobs retry, cancel and delete: which jobs, the confirmation, and the result.

import { EramError } from '../../index.js'
import { DONE, NO } from '../main.js'
import { ADDRESS } from '../operation.js'
import { Schema } from '../schema.js'
import { FILTER, filterOf } from './filter.js'

/** @import { EramEngine, JobFilter, TouchedJob } from '../../index.js' */
/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

/** The most jobs of a filter that are counted before the confirmation. */
const COUNTED = 10_000

export const about = `Takes ids, or a filter. A filter needs a confirmation with the number of jobs that match; without a terminal, --yes is
required. A filter that matches all jobs is refused.`

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  ...FILTER,
  yes: { type: 'boolean', short: 'y', help: 'without a confirmation' },
  'dry-run': { type: 'boolean', help: 'only count the jobs that match' },
}

/**
 * @param {'retry' | 'cancel' | 'delete'} verb
 * @param {Record<string, any>} values
 * @param {Terminal} io
 * @param {(engine: EramEngine, which: number[] | JobFilter) => Promise<TouchedJob[]>} act
 */
export async function changeJobs(verb, values, io, act) {
  const { id: ids, yes = false, 'dry-run': dry = false, json = false } = values
  const filter = filterOf(values)
  const by_filter = Object.keys(filter).length > 0
  if (ids.length > 0 === by_filter) {
    throw new EramError('ERAM_CONFIG', `jobs ${verb}: expected ids, or a filter such as --queue, got ${by_filter ? 'both' : 'neither'}`)
  }
  const which = by_filter ? filter : ids.map(idOf)
  return new Schema(values, io).engine(async (engine) => {
    if (dry || (by_filter && !yes)) {
      const matching = await count(engine, by_filter ? filter : { id: which })
      if (dry) {
        const more = matching.at_least ? 'at least ' : ''
        io.print(json ? JSON.stringify({ matching: matching.count, at_least: matching.at_least }) : `${more}${matching.count} jobs match`)
        return DONE
      }
      const refusal = await refusalOf(verb, matching, io)
      if (refusal !== null) {
        if (json) io.print(JSON.stringify({ error: { code: 'NOT_CONFIRMED', message: refusal } }))
        else io.warn(`eramjs: jobs ${verb}: ${refusal}`)
        return NO
      }
    }
    const jobs = await act(engine, which)
    if (json) io.print(JSON.stringify({ jobs }))
    else {
      for (const job of jobs) io.print(`${job.id}  ${job.worker}  ${job.queue}`)
      io.print(`${jobs.length} ${jobs.length === 1 ? 'job' : 'jobs'}`)
    }
    // An id that changed nothing: it does not exist, or is in a state that the command skips.
    return by_filter || jobs.length === new Set(which).size ? DONE : NO
  })
}

/** @param {string} text */
export function idOf(text) {
  const id = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(id) && id > 0) return id
  throw new EramError('ERAM_CONFIG', `id: expected the id of a job, got ${JSON.stringify(text)}`)
}

/** @param {EramEngine} engine @param {JobFilter} filter */
async function count(engine, filter) {
  const jobs = await engine.jobs.list({ ...filter, limit: COUNTED })
  return { count: jobs.length, at_least: jobs.length === COUNTED }
}

/**
 * Asks for confirmation; resolves to the reason why nothing must be changed, or null.
 * @param {string} verb
 * @param {{ count: number, at_least: boolean }} matching
 * @param {Terminal} io
 */
async function refusalOf(verb, { count, at_least }, io) {
  const text = `${at_least ? 'at least ' : ''}${count} jobs match`
  if (!io.interactive)
    return `${text}; expected --yes, because without a terminal the confirmation cannot be asked for; nothing was changed`
  const answer = (await io.ask(`${text}. Type ${verb} to continue: `)).trim()
  return answer === verb ? null : `expected ${JSON.stringify(verb)}, got ${JSON.stringify(answer)}; nothing was changed`
}
