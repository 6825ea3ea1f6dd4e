// eramjs sql: prints the statements of the migrations, for use with psql and other migration tools.

import { EramError } from '../../index.js'
import { DONE } from '../main.js'
import { describe } from '../operation.js'
import { sqlOf } from '../schema.js'

/** @import { Terminal } from '../terminal.js' */

export const { summary, about, options } = describe('schema.sql', {
  options: { bare: { type: 'boolean', help: 'omit BEGIN and COMMIT, for tools that open the transaction themselves' } },
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run({ prefix, from = 0, to, json, bare }, io) {
  const statements = (await sqlOf({ prefix, from, to })).trim()
  const versions = versionsOf(statements)
  for (const [option, version] of Object.entries({ from: to < from ? from : 0, to: to > from ? to : 0 })) {
    if (version > 0 && !versions.includes(version)) {
      throw new EramError('ERAM_CONFIG', `--${option}: expected a version that this eramjs knows, got ${version}`)
    }
  }
  if (versions.length === 0) {
    throw new EramError('ERAM_CONFIG', `sql: expected versions with migrations between them, got from ${from} to ${to ?? 'the newest'}`)
  }
  // The statements set search_path for their transaction only, so they need one.
  const sql = bare ? statements : `BEGIN;\n\n${statements}\n\nCOMMIT;`
  io.print(json ? JSON.stringify({ sql }) : sql)
  return DONE
}

/**
 * The versions that the statements insert into eram_migrations, or delete from it.
 * @param {string} sql
 */
function versionsOf(sql) {
  const entries = sql.matchAll(/eram_migrations (?:\(version, name, floor\) VALUES \((\d+),|WHERE version = (\d+);)/g)
  return [...entries].map(([, up, down]) => Number(up ?? down))
}
