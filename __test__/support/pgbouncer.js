// A PgBouncer of a test's own before the database of the tests, where the program is installed.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { freePort } from './free-port.js'
import { until } from './until.js'

/** Debian puts it where only root looks. */
const PATH = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/usr/local/sbin` }

/** @param {string} command @param {string[]} args */
function output(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', env: PATH, stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return undefined
  }
}

const VERSION = output('pgbouncer', '--version')

/** Why there is none, for the `skip` of a test. */
export const missing = VERSION === undefined ? 'pgbouncer is not installed (apt-get install pgbouncer)' : false

/** It refuses to run as root. */
const unprivileged = () => {
  if (process.getuid?.() !== 0) return {}
  return { uid: Number(output('id', '-u', 'nobody')), gid: Number(output('id', '-g', 'nobody')) }
}

/**
 * Starts one in transaction mode.
 *
 * @param {string} url of the database behind it
 * @param {string} [settings] as in its own file, after the section [pgbouncer]
 */
export async function startPgbouncer(url, settings = 'pool_mode = transaction') {
  const { hostname, port, username, password, pathname } = new URL(url)
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-pgbouncer-'))
  const ini = path.join(folder, 'pgbouncer.ini')
  const users = path.join(folder, 'userlist.txt')
  const own = await freePort()
  // From 1.21 on it can keep prepared statements, and does so by default from 1.24 on. The older ones are the harder case.
  const [, major = 1, minor = 0] = /(\d+)\.(\d+)/.exec(String(VERSION)) ?? []
  const unprepared = Number(major) > 1 || Number(minor) >= 21 ? 'max_prepared_statements = 0' : ''
  await writeFile(users, `"${decodeURIComponent(username)}" "${decodeURIComponent(password)}"\n`)
  await writeFile(
    ini,
    `[databases]
* = host=${hostname} port=${port || 5432}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
max_client_conn = 500
${unprepared}
${settings}
`,
  )
  for (const [file, mode] of /** @type {const} */ ([
    [folder, 0o755],
    [ini, 0o644],
    [users, 0o644],
  ])) {
    await chmod(file, mode)
  }
  const child = spawn('pgbouncer', [ini], { env: PATH, stdio: ['ignore', 'ignore', 'pipe'], ...unprivileged() })
  const ended = once(child, 'exit')
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said = (said + text).slice(-100_000)
  })
  // It ends with the test file.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const through = `postgres://${username}${password && `:${password}`}@127.0.0.1:${own}${pathname}`
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`pgbouncer ended with ${child.exitCode}: ${said}`)
    const client = new pg.Client({ connectionString: through })
    try {
      await client.connect()
      await client.query('SELECT')
    } finally {
      await client.end().catch(() => {})
    }
  })
  return {
    url: through,
    /** What it said of late. */
    said: () => said,
    async stop() {
      process.off('exit', kill)
      child.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
