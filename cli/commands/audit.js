// eramjs audit: lists the changes that were asked for over HTTP.

import { timeOf } from '../jobs/filter.js'
import { DONE } from '../main.js'
import { describe, onEngine } from '../operation.js'
import { columns } from '../table.js'

/** @import { AuditRow } from '../../index.js' */
/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

const described = describe('audit.list', { about: '--json prints the options of each, too. Read-only.' })
export const { summary, about } = described

/** @type {Record<string, Option>} */
export const options = {
  ...described.options,
  operation: { type: 'string', value: 'name', multiple: true, help: 'of one of these operations; give it several times' },
  result: { type: 'string', value: 'result', multiple: true, choices: ['ok', 'refused', 'failed'], help: "'ok', 'refused' or 'failed'" },
  from: { type: 'string', value: 'time', help: 'then or later: 2030-01-31T09:00:00Z, or 2h for two hours ago' },
  until: { type: 'string', value: 'time', help: 'before' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  /** @type {AuditRow[]} */
  const audit = await onEngine('audit.list', { ...values, ...times(values) }, io)
  if (values.json) io.print(JSON.stringify({ audit }))
  else if (audit.length === 0) io.print('no changes')
  else io.print(columns(['id', 'at', 'user', 'operation', 'target', 'result', 'status', 'address', 'node'], audit.map(row)))
  return DONE
}

/** @param {AuditRow} entry */
function row({ id, at, user, operation, target, result, status, code, address, node }) {
  return [id, at.toISOString(), user ?? '-', operation, target ?? '-', result, code ?? status, address ?? '-', node]
}

/** @param {Record<string, any>} values */
function times({ from, until }) {
  return { from: from && timeOf(from, '--from'), until: until && timeOf(until, '--until') }
}
