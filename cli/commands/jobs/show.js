// eramjs jobs show: shows a job, its attempts, and why it waits.

import { EramError } from '../../../index.js'
import { idOf } from '../../jobs/change.js'
import { rowText } from '../../jobs/text.js'
import { DONE, NO } from '../../main.js'
import { ADDRESS, describe } from '../../operation.js'
import { Schema } from '../../schema.js'

/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary } = describe('jobs.find')

export const about = 'Says in a sentence why the job waits, how it runs or how it ended; `jobs why` has the checks behind it.'

export const operand = 'id'

/** @type {Record<string, Option>} */
export const options = { ...ADDRESS, attempts: { type: 'boolean', help: 'with its attempts, as far as its row has them' } }

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { attempts = false, json } = values
  const id = idOf(values.id)
  const { job, why } = await new Schema(values, io).engine(async (engine) => {
    const job = await engine.jobs.find(id, { attempts })
    const why = job && (await engine.jobs.why(id))
    return { job, why: why?.text ?? null }
  })
  if (job === null) {
    const error = new EramError('ERAM_NOT_FOUND', `jobs show: expected the id of a job, got ${id}, which does not exist`)
    if (json) io.print(JSON.stringify({ error: { code: error.code, message: error.message } }))
    else io.warn(`eramjs: ${error.message}`)
    return NO
  }
  io.print(json ? JSON.stringify({ job, why }) : rowText(job, why))
  return DONE
}
