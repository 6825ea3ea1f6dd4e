// Shared by jobs retry, cancel and delete: which jobs, the confirmation, and the result.

import { EramError } from '../../index.js'
import { refusalOf, refused } from '../confirm.js'
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
        io.print(json ? JSON.stringify({ matching: matching.count, at_least: matching.at_least }) : textOf(matching))
        return DONE
      }
      const refusal = await refusalOf(io, `${textOf(matching)}. Type ${verb} to continue: `, verb)
      if (refusal !== null) return refused(`jobs ${verb}`, io.interactive ? refusal : `${textOf(matching)}; ${refusal}`, json, io)
    }
    const jobs = await act(engine, which)
    if (json) io.print(JSON.stringify({ jobs }))
    else print(jobs, io)
    // An id that changed nothing: it does not exist, or is in a state that the command skips.
    const all = jobs.every((job) => !job.refused) && (by_filter || jobs.length === new Set(which).size)
    return all ? DONE : NO
  })
}

/** @param {TouchedJob[]} jobs @param {Terminal} io */
function print(jobs, io) {
  const changed = jobs.filter((job) => !job.refused)
  for (const job of changed) io.print(`${job.id}  ${job.worker}  ${job.queue}`)
  for (const { id, refused } of jobs) if (refused) io.print(`${id}  refused: ${refused.message}`)
  const refused = jobs.length - changed.length
  io.print(`${changed.length} ${changed.length === 1 ? 'job' : 'jobs'}${refused > 0 ? `, ${refused} refused` : ''}`)
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

/** @param {{ count: number, at_least: boolean }} matching */
function textOf({ count, at_least }) {
  return `${at_least ? 'at least ' : ''}${count} jobs match`
}
