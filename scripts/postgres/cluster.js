// One PostgreSQL cluster in a folder of its own: makes it, brings it up and down, and removes every trace of it.
// Runs inside the supervisor, which outlives the process that wanted the database.
import { execFile, spawn } from 'node:child_process'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { appendFile, chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { descendants, signalled } from '../processes.js'
import { account, give, programs } from './binaries.js'

/** @typedef {'smart' | 'fast' | 'immediate'} Mode how politely the server goes down, as in `pg_ctl stop -m` */
/** @typedef {{ settings?: Record<string, string | number | boolean>, files?: Record<string, string>, port?: number, copyOf?: string }} Options */
/** @typedef {{ child: import('node:child_process').ChildProcess, ended: Promise<{ code: number | null, signal: NodeJS.Signals | null }>, text: () => string }} Program one that runs */

const USER = 'eram'
const PASSWORD = 'password'
const DATABASE = 'eram'
/** @type {Record<Mode, NodeJS.Signals>} */
const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' }
// A socket's path may have 107 bytes; `/.s.PGSQL.12345.lock` comes after it.
const LONGEST_HOME = 80

export class Cluster {
  #settings
  #files
  /** The port asked for. */
  #wanted
  /** Whose data it begins with. */
  #original
  #port = 0
  #account = account()
  /** @type {import('./binaries.js').Programs | undefined} */
  #programs
  /** The folder that holds everything; removed in the end. */
  #home = ''
  /** @type {Promise<void> | undefined} */
  #making
  /** Programs of PostgreSQL that run now. @type {Set<Program>} */
  #running = new Set()
  /** @type {Program | undefined} */
  #postmaster
  /** True after an end that could not tidy up its shared memory. */
  #isUntidy = false
  #isRemoved = false

  /** @param {Options} options */
  constructor({ settings = {}, files = {}, port, copyOf }) {
    this.#settings = settings
    this.#files = files
    this.#wanted = port
    this.#original = copyOf
  }

  get #data() {
    return path.join(this.#home, 'data')
  }

  get #logFile() {
    return path.join(this.#home, 'postgres.log')
  }

  /** What a user of the server wants to know. */
  facts() {
    return {
      url: `postgres://${USER}:${PASSWORD}@127.0.0.1:${this.#port}/${DATABASE}`,
      port: this.#port,
      dataDir: this.#data,
      socketDir: this.#home,
      logFile: this.#logFile,
      pid: this.#postmaster?.child.pid ?? 0,
    }
  }

  /** Makes the cluster with its database and brings it up on a free port. */
  create() {
    this.#making = this.#create()
    return this.#making
  }

  async #create() {
    this.#home = await newHome(this.#account)
    this.#programs = await programs(this.#home, this.#account)
    if (this.#original === undefined) await this.#initialise(this.#programs.initdb)
    else await cp(this.#original, this.#data, { recursive: true })
    await this.#configure()
    if (this.#original === undefined) await this.#single(`CREATE DATABASE ${DATABASE}\n`)
    for (let left = 20; ; left--) {
      this.#port = this.#wanted ?? (await freePort())
      try {
        return await this.up()
      } catch (error) {
        // Somebody took the port between our look and the server's bind.
        if (this.#wanted !== undefined || left === 0 || !/Address already in use/.test(String(error))) throw error
      }
    }
  }

  /** @param {string} initdb */
  async #initialise(initdb) {
    const secret = path.join(this.#home, 'secret')
    await writeFile(secret, PASSWORD, { mode: 0o600 })
    await give(this.#home, this.#account)
    // biome-ignore format: an option and its value side by side
    await this.#once(initdb, [
      '--pgdata', this.#data, '--username', USER, '--pwfile', secret, '--auth', 'scram-sha-256', '--encoding', 'UTF8',
      '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--no-sync', '--no-instructions',
    ])
  }

  /** Brings the server up, on the data and the port it had before; resolves once it takes connections. */
  async up() {
    for (let left = 50; !(await this.#launch(left === 0)); left--) await sleep(100)
  }

  /**
   * False when processes of a killed server are still there to end, and the server may come up if tried again.
   *
   * @param {boolean} isLast
   */
  async #launch(isLast) {
    if (this.#postmaster) throw new Error('embedded PostgreSQL: expected a server that is down, got one that is up')
    const server = this.#start(this.#need().postgres, ['-D', this.#data, '-p', String(this.#port)])
    this.#postmaster = server
    server.ended = server.ended.then((end) => {
      this.#postmaster = undefined
      this.#isUntidy = end.signal !== null
      return end
    })
    const lock = path.join(this.#data, 'postmaster.pid')
    while (this.#postmaster) {
      // pg_ctl waits in the same way: the eighth line of the lock file tells the state.
      const lines = (await readFile(lock, 'utf8').catch(() => '')).split('\n')
      if (Number(lines[0]) === server.child.pid && lines[7]?.startsWith('ready')) return true
      await Promise.race([sleep(10), server.ended])
    }
    if (!isLast && /still in use|postmaster\.pid" already exists/.test(server.text())) return false
    throw new Error(`embedded PostgreSQL on port ${this.#port}: expected it to come up, got:\n${server.text()}`)
  }

  /** @param {Mode} mode */
  async down(mode) {
    const server = this.#postmaster
    if (!server?.child.pid) return
    this.signal('SIGCONT')
    signalled(server.child.pid, SIGNALS[mode])
    await server.ended
  }

  /**
   * Sends a signal to all processes of the server, the postmaster first.
   *
   * @param {NodeJS.Signals} name
   */
  signal(name) {
    for (const pid of this.pids()) signalled(pid, name)
  }

  /** The processes of the server, the postmaster first. */
  pids() {
    const pid = this.#postmaster?.child.pid
    return pid ? [pid, ...descendants(pid)] : []
  }

  /** Ends whatever runs, at once, and removes the folder. */
  async remove() {
    this.#isRemoved = true
    const pids = this.pids()
    // A frozen process would not hear the signal that follows.
    this.signal('SIGCONT')
    for (const program of this.#running) {
      if (program === this.#postmaster) await end(program, 'SIGQUIT', pids)
      else await end(program, 'SIGTERM', [-Number(program.child.pid)])
    }
    await this.#making?.catch(() => {})
    await this.#tidy()
    if (this.#home) await rm(this.#home, { recursive: true, force: true, maxRetries: 5 })
  }

  /** After a SIGKILL, shared memory is left for the next start to find, so there must be one more. */
  async #tidy() {
    this.#isRemoved = false
    for (let left = 50; this.#isUntidy && left > 0; left--) {
      await this.#single('\n').then(
        () => {
          this.#isUntidy = false
        },
        () => sleep(100),
      )
    }
    this.#isRemoved = true
  }

  async #configure() {
    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.#home,
      max_connections: 200,
      timezone: 'UTC',
      log_timezone: 'UTC',
      ...this.#settings,
    }
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`)
    await appendFile(path.join(this.#data, 'postgresql.conf'), lines.join(''))
    for (const [name, text] of Object.entries(this.#files)) {
      const file = path.join(this.#data, name)
      await writeFile(file, text)
      await chmod(file, 0o600)
    }
    await give(this.#data, this.#account)
  }

  /**
   * Runs statements without a server.
   *
   * @param {string} sql one statement a line
   */
  #single(sql) {
    return this.#once(this.#need().postgres, ['--single', '-D', this.#data, 'postgres'], sql)
  }

  /**
   * Runs a program to its end; throws with what it wrote when it fails.
   *
   * @param {string} program
   * @param {string[]} args
   * @param {string} [input]
   */
  async #once(program, args, input = '') {
    const { child, ended, text } = this.#start(program, args, 'pipe')
    child.stdin?.on('error', () => {}) // it ended early; its exit code says so
    child.stdin?.end(input)
    const { code, signal } = await ended
    if (code !== 0)
      throw new Error(
        `embedded PostgreSQL: expected ${path.basename(program)} to succeed, got ${signal ?? `exit code ${code}`}:\n${text()}`,
      )
  }

  /**
   * @param {string} program
   * @param {string[]} args
   * @param {'ignore' | 'pipe'} stdin
   */
  #start(program, args, stdin = 'ignore') {
    if (this.#isRemoved) throw new Error('embedded PostgreSQL: expected a cluster, got one that is removed')
    const logFile = this.#logFile
    const log = openSync(logFile, 'a')
    const from = fstatSync(log).size
    const child = spawn(program, args, {
      ...this.#account,
      cwd: this.#home,
      // Nothing of ours: PGDATA, PGPORT and their like would lead the programs astray.
      env: { PATH: process.env.PATH, LC_ALL: 'C' },
      // A group of its own: Ctrl-C in our terminal is not for it, and a signal to the group reaches what it began.
      detached: true,
      stdio: [stdin, log, log],
    })
    closeSync(log)
    let trouble = ''
    /** @type {Program} */
    const running = {
      child,
      ended: new Promise((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }))
        child.once('error', (error) => {
          trouble = error.message
          resolve({ code: -1, signal: null })
        })
      }),
      text: () => trouble || readFileSync(logFile).subarray(from).toString().trim().slice(-4000),
    }
    this.#running.add(running)
    running.ended.then(() => this.#running.delete(running))
    return running
  }

  #need() {
    if (!this.#programs) throw new Error('embedded PostgreSQL: expected a cluster, got none yet')
    return this.#programs
  }
}

/**
 * Sends the signal to a program and waits for its end; if that takes too long, ends it and its company by force.
 *
 * @param {Program} program
 * @param {NodeJS.Signals} signal
 * @param {number[]} company processes, or groups if negative
 */
async function end({ child, ended }, signal, company) {
  if (child.pid) signalled(child.pid, signal)
  const timer = setTimeout(() => {
    for (const pid of company) signalled(pid, 'SIGKILL')
  }, 8_000)
  await ended
  clearTimeout(timer)
}

/**
 * A new folder that the account reaches and whose path is short enough for a socket.
 *
 * @param {import('./binaries.js').Account} account
 */
async function newHome(account) {
  for (const parent of new Set([os.tmpdir(), '/tmp'])) {
    const folder = await mkdtemp(path.join(parent, 'eram-pg-')).catch(() => null)
    if (folder === null) continue
    await give(folder, account)
    if (folder.length <= LONGEST_HOME && (await isReachable(folder, account))) return folder
    await rm(folder, { recursive: true })
  }
  throw new Error(`embedded PostgreSQL: expected a temporary folder that uid ${account.uid} can reach, got ${os.tmpdir()}; set TMPDIR`)
}

/**
 * @param {string} folder
 * @param {import('./binaries.js').Account} account
 */
async function isReachable(folder, account) {
  // Not by `cwd`: Node changes the folder before it changes the account.
  const run = promisify(execFile)('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...account, cwd: '/' })
  return run.then(
    () => true,
    () => false,
  )
}

/** A port that nobody listens on, below those that the system gives to outgoing connections: it stays free while the server is down. */
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
