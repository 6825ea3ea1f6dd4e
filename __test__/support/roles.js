// Roles of the database with the rights that `npx eramjs grants` prints for them.
import { eramjs } from './cli.js'

/** @typedef {import('./database.js').Schema} Schema */

/**
 * Makes a role, gives it what the command prints for a part, calls `scenario` with an address that connects as it, and drops it.
 * @param {Schema} schema
 * @param {string | undefined} part  no rights at all if undefined
 * @param {string[]} args  further flags of the command
 * @param {(url: string, role: string) => Promise<void>} scenario
 */
export async function asRole({ rows, url, prefix }, part, args, scenario) {
  const role = `${part ?? 'nobody'}_${prefix}`
  await rows(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  try {
    if (part) {
      const { out } = await eramjs(['grants', '--role', role, '--as', part, '--prefix', prefix, ...args], { env: {} })
      await rows(out)
    }
    const own = new URL(url)
    own.username = role
    own.password = 'secret'
    await scenario(own.href, role)
  } finally {
    await rows(`REASSIGN OWNED BY ${role} TO CURRENT_USER; DROP OWNED BY ${role}; DROP ROLE ${role}`)
  }
}
