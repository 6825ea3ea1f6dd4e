// eramjs jobs search: searches jobs by a text, newest first.

import { cell } from '../../jobs/text.js'
import { DONE } from '../../main.js'
import { describe, onEngine } from '../../operation.js'
import { columns } from '../../table.js'

/** @import { FoundJob, JobSearchResult } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

const SHOWN = /** @type {const} */ (['id', 'state', 'queue', 'worker', 'attempt', 'args', 'error'])

export const { summary, about, operand, options } = describe('jobs.search', {
  about: `Such as: eramjs jobs search 'state:retryable queue:emails args.user_id:1 -tag:test'`,
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {JobSearchResult} */
  const found = await onEngine('jobs.search', values, io)
  if (values.json) io.print(JSON.stringify(found))
  else {
    io.print(found.jobs.length === 0 ? 'no jobs' : table(found.jobs))
    const onward = values.after === undefined ? '--before' : '--after'
    if (found.next !== null) io.print(`not all jobs have been looked at; go on with ${onward} ${found.next}`)
  }
  return DONE
}

/** @param {FoundJob[]} jobs */
function table(jobs) {
  return columns(
    [...SHOWN],
    jobs.map((job) => SHOWN.map((name) => cell(job[name]))),
  )
}
