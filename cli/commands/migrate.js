// eramjs migrate: upgrades the schema to the version of this package.

import { EramError } from '../../index.js'
import { DONE } from '../main.js'
import { describe } from '../operation.js'
import { Schema } from '../schema.js'

/** @import { MigrateResult } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

export const { summary, about, options } = describe('schema.migrate', { about: 'Upgrades only; to downgrade, see rollback.' })

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { to, json, 'search-indexes': search_indexes = false } = values
  const schema = new Schema(values, io)
  const { version: from } = await schema.status()
  if (to !== undefined && to < from) {
    throw new EramError(
      'ERAM_CONFIG',
      `--to: expected a version of ${from} or later, got ${to}; to go down, run eramjs rollback --to ${to}`,
    )
  }
  /** @type {MigrateResult} */
  const { prefix, version, steps, indexes, warnings } = await schema.perform('schema.migrate', { to, search_indexes })
  for (const { saw, fix } of warnings) io.warn(`${saw}; ${fix}`)
  const names = steps.map((step) => step.name)
  if (json) {
    io.print(JSON.stringify({ prefix, from, to: version, steps: names, indexes }))
    return DONE
  }
  for (const name of names) io.print(`up    ${name}`)
  for (const index of indexes) io.print(`index ${index}`)
  io.print(`${schema.name}: ${names.length === 0 ? 'was' : 'now'} at version ${version}`)
  return DONE
}
