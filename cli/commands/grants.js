// eramjs grants: prints the statements that give a role the rights for its part.

import { EramError } from '../../index.js'
import { grantsFor, PARTS } from '../doctor/grants.js'
import { DONE } from '../main.js'

/** @import { Option } from '../main.js' */
/** @import { Terminal } from '../terminal.js' */

export const summary = 'Prints the GRANTs that a role needs'

export const about = `Does not need a database. Roles may run every function by default, so the first statement takes that away from
PUBLIC: print the grants of all your roles, and run them together. NOTIFY cannot be restricted in PostgreSQL. The parts:
${Object.entries(PARTS)
  .map(([name, { meaning }]) => `  ${name.padEnd(9)} ${meaning}`)
  .join('\n')}`

/** @type {Record<string, Option>} */
export const options = {
  role: { type: 'string', value: 'name', help: 'the role' },
  as: { type: 'string', value: 'part', choices: Object.keys(PARTS), help: Object.keys(PARTS).join(', ') },
  prefix: { type: 'string', value: 'schema', help: 'the schema of the tables (default: public)' },
  unique: { type: 'boolean', help: 'enqueuer: also unique jobs, whose conflicts show the other job' },
  owner: {
    type: 'string',
    value: 'name',
    help: 'the role that migrates, whose later tables the role may use too (default: that of the tables)',
  },
  'no-contents': { type: 'boolean', help: 'viewer: without args, meta, errors and results of jobs' },
}

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const { role, as: part, prefix = 'public', unique = false, owner, json } = values
  for (const name of ['role', 'as']) {
    if (values[name] === undefined) throw new EramError('ERAM_CONFIG', `grants: expected --${name}, got none`)
  }
  for (const name of ['role', 'prefix', 'owner']) {
    if (values[name] === '') throw new EramError('ERAM_CONFIG', `--${name}: expected a name, got ""`)
  }
  if (!Object.hasOwn(PARTS, part)) {
    throw new EramError('ERAM_CONFIG', `--as: expected one of ${Object.keys(PARTS).join(', ')}, got ${JSON.stringify(part)}`)
  }
  const sql = grantsFor(part, { role, prefix, unique, owner, contents: !values['no-contents'] }).join('\n')
  io.print(json ? JSON.stringify({ role, part, prefix, sql }) : sql)
  return DONE
}
