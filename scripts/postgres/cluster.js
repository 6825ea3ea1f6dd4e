// A PostgreSQL cluster in a folder of its own: creates it, starts and stops its server, and removes every trace of it. If this
// process is gone first, the reaper does.
import { spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { appendFile, chmod, cp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../main.js'
import { descendants, guard, isAlive, kill, reaper, release } from '../processes.js'
import { account, give, newHome, programs } from './programs.js'

/** @typedef {'smart' | 'fast' | 'immediate'} Mode of a shutdown, as in `pg_ctl stop -m` */
/**
 * @typedef {object} Options
 * @property {Record<string, string | number | boolean>} [settings] for postgresql.conf; others keep PostgreSQL's own defaults
 * @property {Record<string, string>} [files] more files of the data folder, name to text: pg_hba.conf, server.crt, …
 * @property {number} [port] default: a free one
 * @property {string} [copyOf] the data folder of a server that is down: the new one starts with a copy of its data, so that it can
 *   become a standby of it (`files: { 'standby.signal': '' }`)
 * @property {Record<string, string>} [env] further variables for its programs
 * @property {(line: string) => void} [log] receives what happens
 */
/** @typedef {{ code: number | null, signal: NodeJS.Signals | null }} Exit */
/** @typedef {{ child: import('node:child_process').ChildProcess, exited: Promise<Exit>, text: () => string }} Program one that runs */

const [USER, PASSWORD, DATABASE] = ['eram', 'password', 'eram']
/** @type {Record<Mode, NodeJS.Signals>} */
const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' }
/** How long the server may take to stop before it is killed, in milliseconds. */
const STOP_TIMEOUT_MS = 8_000

export class Postgres {
  port = 0
  /** The folder that holds everything, the Unix socket too. */
  socketDir = ''
  dataDir = ''
  logFile = ''
  #options
  #account = account()
  /** @type {import('./programs.js').Programs} */
  #programs = { initdb: '', postgres: '' }
  /** @type {Program | undefined} */
  #server
  /** Whether the server was killed, and its shared memory is left. */
  #isUntidy = false
  #isRemoved = false

  /** @param {Options} options */
  constructor(options) {
    this.#options = options
  }

  /** `postgres://…`, for any client. */
  get url() {
    return `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.port}/${DATABASE}`
  }

  /** The postmaster, another one after each `up`; 0 while the server is down. */
  get pid() {
    return this.#server?.child.pid ?? 0
  }

  /** Creates the cluster with its database and starts the server. */
  async create() {
    const { port, copyOf } = this.#options
    await reaper().ready
    this.socketDir = await newHome(this.#account)
    guard(this.socketDir)
    this.dataDir = path.join(this.socketDir, 'data')
    this.logFile = path.join(this.socketDir, 'postgres.log')
    this.#programs = await programs(this.socketDir, this.#account)
    if (copyOf === undefined) await this.#initialize()
    else await cp(copyOf, this.dataDir, { recursive: true })
    await this.#configure()
    if (copyOf === undefined) await this.#single(`CREATE DATABASE ${DATABASE}\n`)
    for (let left = 20; ; left--) {
      this.port = port ?? (await freePort())
      try {
        return await this.up()
      } catch (error) {
        // Another program may take a free port before the server binds it.
        if (port !== undefined || left === 0 || !/Address already in use/.test(String(error))) throw error
      }
    }
  }

  async #initialize() {
    const secret = path.join(this.socketDir, 'secret')
    await writeFile(secret, PASSWORD, { mode: 0o600 })
    await give(this.socketDir, this.#account)
    // biome-ignore format: an option and its value side by side
    await this.#once(this.#programs.initdb, [
      '--pgdata', this.dataDir, '--username', USER, '--pwfile', secret, '--auth', 'scram-sha-256', '--encoding', 'UTF8',
      '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--no-sync', '--no-instructions',
    ])
  }

  async #configure() {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.socketDir,
      max_connections: 200,
      timezone: 'UTC',
      log_timezone: 'UTC',
      ...this.#options.settings,
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    await appendFile(path.join(this.dataDir, 'postgresql.conf'), lines.join(''))
    for (const [name, text] of Object.entries(this.#options.files ?? {})) {
      const file = path.join(this.dataDir, name)
      await writeFile(file, text)
      await chmod(file, 0o600)
    }
    await give(this.dataDir, this.#account)
  }

  /** Starts the server on the data and the port it had before; resolves once it accepts connections. */
  async up() {
    for (let left = 50; !(await this.#launch(left === 0)); left--) await sleep(100)
    this.#log('up')
  }

  /** False while processes of a killed server are still to end: the caller tries again. @param {boolean} isLast */
  async #launch(isLast) {
    if (this.#server) throw new Failure('embedded PostgreSQL: expected a server that is down, got one that is up')
    const server = this.#start(this.#programs.postgres, ['-D', this.dataDir, '-p', String(this.port)])
    this.#server = server
    server.exited = server.exited.then((exit) => {
      this.#server = undefined
      this.#isUntidy = exit.signal !== null
      return exit
    })
    const lock = path.join(this.dataDir, 'postmaster.pid')
    while (this.#server) {
      // As pg_ctl does: the eighth line of the lock file is the state.
      const lines = (await readFile(lock, 'utf8').catch(() => '')).split('\n')
      if (Number(lines[0]) === server.child.pid && lines[7]?.startsWith('ready')) {
        // An idle server keeps no process alive.
        server.child.unref()
        return true
      }
      await Promise.race([sleep(10), server.exited])
    }
    if (!isLast && /still in use|postmaster\.pid" already exists/.test(server.text())) return false
    throw new Failure(`embedded PostgreSQL on port ${this.port}: expected it to come up, got:\n${server.text()}`)
  }

  /** Starts an outage: the server goes down and keeps its data and its port. @param {Mode} [mode] */
  async down(mode = 'fast') {
    this.#check()
    const server = this.#server
    if (!server?.child.pid) return
    server.child.ref()
    this.#signal('SIGCONT')
    kill(server.child.pid, SIGNALS[mode])
    await server.exited
    this.#log('down')
  }

  /** Crashes the server: SIGKILL to all processes at once. `up` recovers it, on the same data and port. */
  async kill() {
    // Stopped, the postmaster cannot start a process that escapes and keeps the port open.
    if (this.pid) kill(this.pid, 'SIGSTOP')
    const pids = this.#pids()
    this.#signal('SIGKILL')
    await this.down('immediate')
    while (pids.some(isAlive)) await sleep(5)
  }

  /** Stops the server's processes with their connections open, as behind a dead network. */
  freeze = async () => this.#signal('SIGSTOP')
  thaw = async () => this.#signal('SIGCONT')

  /** The processes of the server, the postmaster first. */
  pids = async () => this.#pids()

  /** Removes the server, its data and its folder. */
  async stop() {
    if (this.#isRemoved) return
    const pids = this.#pids()
    const timer = setTimeout(() => pids.forEach((pid) => void kill(pid, 'SIGKILL')), STOP_TIMEOUT_MS)
    await this.down('immediate')
    clearTimeout(timer)
    // After a SIGKILL, shared memory is left for the next start to find, so there must be one more.
    for (let left = 50; this.#isUntidy && left > 0; left--) this.#isUntidy = Boolean(await this.#single('\n').catch(() => sleep(100, true)))
    this.#isRemoved = true
    if (this.socketDir) await rm(this.socketDir, { recursive: true, force: true, maxRetries: 5 })
    release(this.socketDir)
    this.#log('removed')
  }

  #pids() {
    return this.pid ? [this.pid, ...descendants(this.pid)] : []
  }

  /** @param {NodeJS.Signals} name */
  #signal(name) {
    this.#check()
    for (const pid of this.#pids()) kill(pid, name)
  }

  #check() {
    if (this.#isRemoved) throw new Failure('embedded PostgreSQL: expected a server, got one that was removed')
  }

  #log = (/** @type {string} */ state) => this.#options.log?.(`PostgreSQL on port ${this.port} is ${state}`)

  /** Runs statements without a server. @param {string} sql one statement per line */
  #single(sql) {
    return this.#once(this.#programs.postgres, ['--single', '-D', this.dataDir, 'postgres'], sql)
  }

  /** Runs a program to its end; throws with its output if it fails. @param {string} program @param {string[]} args */
  async #once(program, args, input = '') {
    const { child, exited, text } = this.#start(program, args, 'pipe')
    child.stdin?.on('error', () => {}) // it exited early, and its exit code says so
    child.stdin?.end(input)
    const { code, signal } = await exited
    if (code === 0) return
    const got = signal ?? `exit code ${code}`
    throw new Failure(`embedded PostgreSQL: expected ${path.basename(program)} to succeed, got ${got}:\n${text()}`)
  }

  /** @param {string} program @param {string[]} args @param {'ignore' | 'pipe'} [stdin] @returns {Program} */
  #start(program, args, stdin = 'ignore') {
    this.#check()
    const logFile = this.logFile
    const log = openSync(logFile, 'a')
    const from = fstatSync(log).size
    const child = spawn(program, args, {
      ...this.#account,
      cwd: this.socketDir,
      // None of our variables: PGDATA, PGPORT and the like would mislead the programs.
      env: { PATH: process.env.PATH, LC_ALL: 'C', ...this.#options.env },
      // A group of its own: Ctrl-C in the terminal is not for it.
      detached: true,
      stdio: [stdin, log, log],
    })
    closeSync(log)
    const { pid } = child
    if (pid) guard(pid, 'SIGQUIT')
    let error = ''
    /** @type {Promise<Exit>} */
    const exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }))
      child.once('error', ({ message }) => {
        error = message
        resolve({ code: -1, signal: null })
      })
    })
    if (pid) exited.then(() => release(pid))
    return { child, exited, text: () => error || readFileSync(logFile).subarray(from).toString().trim().slice(-4000) }
  }
}

/** A free port, below those that the system gives to outgoing connections: it stays free while the server is down. */
async function freePort() {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 12_000)
    const server = createServer()
    const isFree = await new Promise((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (isFree) return port
  }
}
