// eramjs jobs profile: has the next attempt of a job profiled, or writes the profile of one into a file.

import { writeFile } from 'node:fs/promises'
import { EramError } from '../../../index.js'
import { idOf } from '../../jobs/change.js'
import { DONE, NO } from '../../main.js'
import { ADDRESS, describe } from '../../operation.js'
import { Schema } from '../../schema.js'

/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

export const { summary } = describe('jobs.profile')

export const about = `Whatever the state of the job. With --attempt, writes the profile of that attempt into a file instead, for the DevTools of
Chrome or VS Code; jobs show --attempts --json says which attempts have one.`

export const operand = 'id'

export const codes = { ERAM_NOT_FOUND: NO }

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  attempt: { type: 'string', value: 'N', help: 'write the profile of this attempt' },
  out: { type: 'string', value: 'file', help: 'the file (default: job-<id>-<attempt>.cpuprofile)' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { attempt, out, json = false } = values
  const id = idOf(values.id)
  if (out !== undefined && attempt === undefined)
    throw new EramError('ERAM_CONFIG', 'jobs profile: expected --attempt beside --out, got --out alone')
  const answer = await new Schema(values, io).engine(async ({ jobs }) => {
    if (attempt === undefined) return jobs.profile(id)
    const profile = await jobs.cpuProfile(id, attempt)
    return profile && { id, attempt, profile }
  })
  if (answer === null) {
    const error = new EramError('ERAM_NOT_FOUND', `jobs profile: expected an attempt with a profile, got ${attempt} of job ${id}`)
    if (json) io.print(JSON.stringify({ error: { code: error.code, message: error.message } }))
    else io.warn(`eramjs: ${error.message}`)
    return NO
  }
  const file = 'profile' in answer ? (out ?? `job-${id}-${attempt}.cpuprofile`) : null
  if (file !== null && 'profile' in answer) await writeFile(file, JSON.stringify(answer.profile))
  if (json) io.print(JSON.stringify({ id, attempt: answer.attempt, file }))
  else io.print(file ?? `job ${id}: attempt ${answer.attempt} will be profiled`)
  return DONE
}
