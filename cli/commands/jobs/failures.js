// eramjs jobs failures: which jobs fail alike.

import { cell } from '../../jobs/text.js'
import { DONE } from '../../main.js'
import { describe, onEngine } from '../../operation.js'
import { columns } from '../../table.js'

/** @import { JobFailures } from '../../../index.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, operand, options } = describe('jobs.failures', {
  about: `A fingerprint stands for the jobs of a group: eramjs jobs search fingerprint:…`,
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {JobFailures} */
  const found = await onEngine('jobs.failures', values, io)
  io.print(values.json ? JSON.stringify(found) : textOf(found))
  return DONE
}

/** @param {JobFailures} found */
function textOf({ groups, jobs, complete, from, more }) {
  if (groups.length === 0) return 'no failures'
  const rows = groups.map((group) => [
    group.fingerprint,
    group.jobs,
    group.worker,
    group.last_at.toISOString(),
    cell(group.sample.error ?? group.error),
  ])
  const notes = [
    more > 0 ? `${more} further groups` : '',
    complete ? '' : `only failures from ${from.toISOString()} on were looked at`,
  ].filter(Boolean)
  return [columns(['fingerprint', 'jobs', 'worker', 'last', 'error'], rows), `${jobs} jobs`, ...notes].join('\n')
}
