// eramjs jobs list: lists jobs, newest first.

import { EramError } from '../../../index.js'
import { FILTER, filterOf } from '../../jobs/filter.js'
import { cell } from '../../jobs/text.js'
import { watchReadings } from '../../jobs/watch.js'
import { DONE } from '../../main.js'
import { ADDRESS, describe } from '../../operation.js'
import { Schema } from '../../schema.js'
import { columns } from '../../table.js'

/** @import { EramEngine, JobRow } from '../../../index.js' */
/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

const LIMIT = 50
const SHOWN = 'id,state,queue,worker,attempt,scheduled_at,args'
/** Seconds between readings of --watch. */
const INTERVAL = 2

export const { summary } = describe('jobs.list')

export const about = 'Cells are cut; with --json they are not, and `next` is what to pass as --before for the next page.'

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  ...FILTER,
  limit: { type: 'string', value: 'N', help: `at most this many (default: ${LIMIT})` },
  before: { type: 'string', value: 'N', help: 'jobs with a lower id' },
  columns: { type: 'string', value: 'names', help: `the columns (default: ${SHOWN})` },
  watch: { type: 'boolean', help: 'print the list again when it has changed, until Ctrl-C' },
  interval: { type: 'string', value: 'N', help: `with --watch, the seconds between readings (default: ${INTERVAL})` },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { watch = false, interval } = values
  if (interval !== undefined && !(watch && interval > 0)) {
    throw new EramError('ERAM_CONFIG', `--interval: expected at least 1, with --watch beside it, got ${interval}${watch ? '' : ' without'}`)
  }
  return new Schema(values, io).engine(async (engine) => {
    if (watch) return watchReadings(io, interval ?? INTERVAL, () => textOf(engine, values))
    io.print(await textOf(engine, values))
    return DONE
  })
}

/** @param {EramEngine} engine @param {Record<string, any>} values */
async function textOf(engine, values) {
  const { limit = LIMIT, before, columns: shown = SHOWN, json } = values
  const jobs = await engine.jobs.list({ ...filterOf(values), limit, before })
  if (json) return JSON.stringify({ jobs, next: jobs.length === limit ? (jobs.at(-1)?.id ?? null) : null })
  return jobs.length === 0 ? 'no jobs' : table(jobs, shown.split(','))
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
