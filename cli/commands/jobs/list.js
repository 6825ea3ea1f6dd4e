// eramjs jobs list: lists jobs, newest first.

import { EramError } from '../../../index.js'
import { FILTER, filterOf } from '../../jobs/filter.js'
import { DONE } from '../../main.js'
import { ADDRESS, describe } from '../../operation.js'
import { Schema } from '../../schema.js'
import { columns } from '../../table.js'

/** @import { JobRow } from '../../../index.js' */
/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

const LIMIT = 50
const SHOWN = 'id,state,queue,worker,attempt,scheduled_at,args'
/** Characters of a cell that are shown. */
const WIDTH = 60

export const { summary } = describe('jobs.list')

export const about = 'Cells are cut; with --json they are not, and `next` is what to pass as --before for the next page.'

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  ...FILTER,
  limit: { type: 'string', value: 'N', help: `at most this many (default: ${LIMIT})` },
  before: { type: 'string', value: 'N', help: 'jobs with a lower id' },
  columns: { type: 'string', value: 'names', help: `the columns (default: ${SHOWN})` },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { limit = LIMIT, before, columns: shown = SHOWN, json } = values
  const jobs = await new Schema(values, io).engine((engine) => engine.jobs.list({ ...filterOf(values), limit, before }))
  if (json) io.print(JSON.stringify({ jobs, next: jobs.length === limit ? (jobs.at(-1)?.id ?? null) : null }))
  else if (jobs.length === 0) io.print('no jobs')
  else io.print(table(jobs, shown.split(',')))
  return DONE
}

/** @param {JobRow[]} jobs @param {string[]} names */
function table(jobs, names) {
  const [first = {}] = jobs
  const unknown = names.find((name) => !Object.hasOwn(first, name))
  if (unknown !== undefined) {
    throw new EramError('ERAM_CONFIG', `--columns: expected some of ${Object.keys(first).join(', ')}, got ${JSON.stringify(unknown)}`)
  }
  return columns(
    names,
    jobs.map((job) => names.map((name) => cell(/** @type {Record<string, unknown>} */ (/** @type {unknown} */ (job))[name]))),
  )
}

/** @param {unknown} value */
function cell(value) {
  if (value === null) return '-'
  if (value instanceof Date) return value.toISOString()
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text
}
