// A job thread as its parent sees it: started, ready, and some day dead, of whatever cause.

import { Worker } from 'node:worker_threads'
import { EramError } from '../shared/errors.js'
import { endTree, kill } from '../shared/process-tree.js'
import { headline } from '../shared/serialize.js'

/**
 * How a thread or child process ended.
 * @typedef {object} Death
 * @property {'exit' | 'error' | 'memory' | 'terminated' | 'signal' | 'load'} cause
 * @property {string} message
 * @property {number | string} [code]  of the exit, or of the error
 * @property {string} [signal]
 * @property {number} [run]  whose perform was on the stack
 * @property {number} [last]  the newest run that began; later ones never did
 */

/**
 * @typedef {object} Order
 * @property {string} queue
 * @property {'thread' | 'process'} isolation
 * @property {Record<string, unknown>} data  for the thread's start
 * @property {string[] | undefined} exec_argv
 * @property {Record<string, number> | undefined} resource_limits
 */

/**
 * @typedef {object} Parent
 * @property {(event: Record<string, unknown>) => void} report
 * @property {(engine: number, grace: number | undefined) => Promise<void>} stopEngine
 */

const FILES = {
  thread: new URL('../entries/job-thread.js', import.meta.url),
  process: new URL('../entries/process-host.js', import.meta.url),
}

// A thread that is told to stop says at once that it will, unless it is blocked; its after… methods may take five seconds.
const ANSWER = 500
const PATIENCE = 6000

export class Spawned {
  #worker
  #order
  #parent
  #beat = new Float64Array(new SharedArrayBuffer(32))
  #terminated = false
  /** Why it was ended for its memory. */
  #excess = ''
  #stopping = false
  /** @type {unknown} */
  #error
  /** @type {Error | undefined} */
  #refusal
  /** Processes that stand for jobs of this thread. @type {Set<number>} */
  #pids = new Set()
  /** The child process of a host, the first of its process group. */
  #group = 0
  /** The engine's number for it; 0 before it has one. A process gets a new one each time it is started. */
  slot = 0
  /** It gave its slot back by itself, so there is nothing to report. */
  left = false

  /**
   * @param {Order} order
   * @param {Parent} parent
   */
  constructor(order, parent) {
    this.#order = order
    this.#parent = parent
    this.#worker = new Worker(FILES[order.isolation], {
      name: `eram ${order.queue}`,
      workerData: {
        ...order.data,
        queue: order.queue,
        beat: this.#beat,
        exec_argv: order.exec_argv,
        resource_limits: order.resource_limits,
      },
      // A host only passes on what its process says; its own limits are Node's.
      ...(order.isolation === 'thread' && { execArgv: order.exec_argv, resourceLimits: order.resource_limits }),
    })
    // The engine's own handle keeps the process alive, and lets go of it when it stops.
    this.#worker.unref()
    /** Settles when the job files are loaded and jobs may come, or cannot. @type {Promise<void>} */
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message) => this.#hear(message, resolve))
      this.#worker.on('error', (error) => {
        this.#error = error
      })
      /** @type {Promise<Death>} */
      this.ended = new Promise((ended) => {
        this.#worker.on('exit', (code) => {
          const death = this.#death(code)
          for (const pid of this.#pids) endTree(pid, 0)
          if (this.#group > 0) kill(-this.#group)
          reject(this.#refusal ?? new EramError('ERAM_LOAD', death.message, { cause: this.#error }))
          ended(death)
        })
      })
    })
    this.ready.catch(() => {})
  }

  /** Ends the thread at once, or for a process the process. */
  terminate() {
    if (this.#order.isolation === 'process') return this.#worker.postMessage({ kill: true })
    this.#terminated = true
    return this.#worker.terminate()
  }

  /** What it said of its memory: how often, and how many bytes it held. None of a host: its jobs' memory is their process's. */
  get memory() {
    const [, , bytes = 0, times = 0] = this.#beat
    return this.#order.isolation === 'thread' ? { bytes, times } : undefined
  }

  get queue() {
    return this.#order.queue
  }

  /**
   * Ends the thread because of its memory.
   * @param {string} message
   */
  relieve(message) {
    this.#excess = message
    this.terminate()
  }

  /** Lets the thread end by itself; ends it when it does not hear that, or takes too long. */
  async stop() {
    const end = () => {
      this.#terminated = true
      this.#worker.terminate()
    }
    this.#worker.postMessage({ stop: true })
    const deaf = setTimeout(() => this.#stopping || end(), ANSWER)
    const late = setTimeout(end, PATIENCE)
    await this.ended
    clearTimeout(deaf)
    clearTimeout(late)
  }

  /** @param {Record<string, unknown>} message */
  tell(message) {
    this.#worker.postMessage(message)
  }

  /** The last act of the process: what stood for jobs must not stay behind. */
  abandon() {
    for (const pid of this.#pids) kill(pid)
    if (this.#group > 0) kill(-this.#group)
  }

  /**
   * @param {any} message
   * @param {() => void} ready
   */
  #hear(message, ready) {
    if (message.attached !== undefined) this.slot = message.attached
    if (message.ready) ready()
    if (message.refused) this.#refusal = new EramError(message.refused.code, message.refused.message)
    if (message.event) this.#parent.report(message.event)
    if (message.holds) this.#pids.add(message.holds)
    if (message.drops) this.#pids.delete(message.drops)
    if (message.group !== undefined) this.#group = message.group
    if (message.stopping) this.#stopping = true
    if (message.left) this.left = true
    if (message.stopEngine) {
      const answer = () => this.#worker.postMessage({ stopped: true })
      this.#parent.stopEngine(message.stopEngine.engine, message.stopEngine.grace).then(answer, answer)
    }
  }

  /**
   * @param {number} exitCode
   * @returns {Death}
   */
  #death(exitCode) {
    const thread = `the ${this.#order.isolation === 'thread' ? 'job thread' : 'host thread'} of queue ${JSON.stringify(this.#order.queue)}`
    const [run = 0, last = 0] = this.#beat
    const known = { ...(run > 0 && { run }), ...(last > 0 && { last }) }
    const code = /** @type {{ code?: string } | undefined} */ (this.#error)?.code
    if (this.#refusal) return { cause: 'load', message: this.#refusal.message }
    if (this.left) return { cause: 'exit', code: exitCode, message: `${thread} has finished` }
    if (this.#excess) return { cause: 'memory', code: 'MAX_RSS', message: `${thread} ${this.#excess}`, ...known }
    if (this.#terminated) return { cause: 'terminated', message: `${thread} was terminated`, ...known }
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return { cause: 'memory', code, message: `${thread} ran out of memory (resource_limits)`, ...known }
    }
    if (this.#error !== undefined) {
      return { cause: 'error', code, message: `${thread} was ended by an uncaught error: ${headline(this.#error)}`, ...known }
    }
    return { cause: 'exit', code: exitCode, message: `${thread} exited with code ${exitCode} (process.exit was called in it)`, ...known }
  }
}
