// eramjs crons next: shows the next times of a cron entry, or of an expression.

import { EramError } from '../../../index.js'
import { DONE } from '../../main.js'
import { ADDRESS } from '../../operation.js'
import { Schema } from '../../schema.js'

/** @import { Option } from '../../main.js' */
/** @import { Terminal } from '../../terminal.js' */

const COUNT = 5

export const summary = 'Shows the next times of a cron entry, or of a cron expression'

export const about = 'What is not the name of an entry and has blanks or begins with @ is an expression. A pause is disregarded.'

export const operand = 'entry'

/** @type {Record<string, Option>} */
export const options = {
  ...ADDRESS,
  count: { type: 'string', value: 'N', help: `how many times (default: ${COUNT})` },
  timezone: { type: 'string', value: 'zone', help: 'an IANA time zone (default: that of the entry)' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { entry, count = COUNT, timezone, json } = values
  const times = await new Schema(values, io).engine(async (engine) => {
    // The name of an entry that was given none has blanks too.
    const named = (await engine.cron.list()).find(({ name }) => name === entry)
    const row = named ?? (/[\s@]/.test(entry) ? { expression: entry, timezone } : undefined)
    if (!row)
      throw new EramError('ERAM_NOT_FOUND', `crons next: expected the name of an entry, or an expression, got ${JSON.stringify(entry)}`)
    return engine.cron.next(row.expression, { count, timezone: timezone ?? row.timezone })
  })
  if (json) io.print(JSON.stringify({ entry, times }))
  else for (const time of times) io.print(time.toISOString())
  return DONE
}
