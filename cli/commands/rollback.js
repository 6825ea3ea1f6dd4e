// eramjs rollback: downgrades the schema. Tables are dropped only after a confirmation.

import { EramError } from '../../index.js'
import { refusalOf, refused } from '../confirm.js'
import { DONE } from '../main.js'
import { describe } from '../operation.js'
import { Schema, sqlOf } from '../schema.js'

/** @import { MigrateResult } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

export const { summary, about, options } = describe('schema.rollback', {
  about: 'If tables would be dropped, asks for the name of the schema as a confirmation; without a terminal, --yes is required.',
  options: { yes: { type: 'boolean', short: 'y', help: 'drop tables without asking' } },
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { yes, json } = values
  const schema = new Schema(values, io)
  const { version: from, latest } = await schema.status()
  if (from > latest) {
    throw new EramError(
      'ERAM_SCHEMA_TOO_NEW',
      `${schema.name}: expected a version up to ${latest}, got ${from}; use the eramjs that made it`,
    )
  }
  const { to = Math.max(from - 1, 0) } = values
  if (to > from) {
    throw new EramError('ERAM_CONFIG', `--to: expected a version below ${from}, got ${to}; to go up, run eramjs migrate --to ${to}`)
  }
  const tables = to === from ? [] : tablesDropped(await sqlOf({ prefix: schema.prefix, from, to }))
  if (tables.length > 0 && !yes) {
    io.warn(`This drops ${tables.join(', ')} in ${schema.name}, and every job with them.`)
    const refusal = await refusalOf(io, 'Type the name of the schema to continue: ', schema.prefix)
    if (refusal !== null) return refused('rollback', refusal, json, io)
  }
  /** @type {MigrateResult} */
  const { prefix, version, steps } = await schema.perform('schema.rollback', { to })
  const names = steps.map((step) => step.name)
  if (json) {
    io.print(JSON.stringify({ prefix, from, to: version, steps: names }))
    return DONE
  }
  for (const name of names) io.print(`down  ${name}`)
  io.print(`${schema.name}: ${names.length === 0 ? 'was' : 'now'} at version ${version}`)
  return DONE
}

/** @param {string} sql */
function tablesDropped(sql) {
  return [...sql.matchAll(/\bDROP TABLE (?:IF EXISTS )?(?:"[^"]+"\.)?(\w+)/gi)].map(([, table = '']) => table)
}
