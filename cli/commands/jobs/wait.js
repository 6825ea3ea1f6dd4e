// eramjs jobs wait: waits for a job, and shows it.

import { idOf } from '../../jobs/change.js'
import { rowText } from '../../jobs/text.js'
import { DONE, NO } from '../../main.js'
import { describe, onEngine } from '../../operation.js'

/** @import { Terminal } from '../../terminal.js' */

export const { summary, about, operand, options } = describe('jobs.wait', {
  about: 'Without --state, the exit code is 0 only if the job is completed.',
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const job = await onEngine('jobs.wait', { ...values, id: idOf(values.id) }, io)
  io.print(values.json ? JSON.stringify({ job }) : rowText(job))
  return (values.state ?? 'final') !== 'final' || job.state === 'completed' ? DONE : NO
}
