// eramjs status: shows the version of the schema, for scripts also by the exit code.

import { DONE, NO } from '../main.js'
import { describe } from '../operation.js'
import { Schema } from '../schema.js'

/** @import { MigrateResult } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

export const { summary, about, options } = describe('schema.status', {
  about: 'Exits with 0 if it is the version of this package, with 1 otherwise. Read-only.',
})

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run(values, io) {
  const schema = new Schema(values, io)
  const answer = await schema.status()
  const { prefix, version, latest, pending } = answer
  const current = version === latest
  io.print(values.json ? JSON.stringify({ prefix, version, latest, pending, current }) : `${schema.name}: ${textOf(answer)}`)
  return current ? DONE : NO
}

/** @param {MigrateResult} answer */
function textOf({ prefix, version, latest, pending }) {
  if (version === latest) return `version ${version}, up to date`
  if (version > latest) return `version ${version}, and this eramjs knows ${latest}; upgrade the package (npm install eramjs@latest)`
  const command = `npx eramjs migrate${prefix === 'public' ? '' : ` --prefix ${prefix}`}`
  if (version === 0) return `not migrated; run \`${command}\``
  return `version ${version} of ${latest}, pending ${pending.join(', ')}; run \`${command}\``
}
