// Parent-side handle of a job thread: start-up, readiness, and the cause of its exit.

import { Worker } from 'node:worker_threads'
import { EramError } from '../shared/errors.js'
import { inFirstCopy, state } from '../shared/global-state.js'
import { endTree, kill } from '../shared/process-tree.js'
import { headline } from '../shared/serialize.js'
import { clearTimeout, setTimeout } from '../shared/timers.js'
import { waitAtMost } from '../shared/wait.js'
import { ServedQueues, shared } from './served-queues.js'

/** @import { Limits } from '../perform/runner.js' */

/**
 * How a thread or process ended.
 * @typedef {object} WorkerExit
 * @property {'exit' | 'error' | 'memory' | 'terminated' | 'signal' | 'load'} cause
 * @property {string} message
 * @property {number | string} [code]  of the exit, or of the error
 * @property {string} [signal]
 * @property {number} [run]  whose perform was on the stack
 * @property {number | undefined} [last]  the newest run of the slot that had begun; later ones never did
 */

/**
 * A queue, as a thread that serves it gets it.
 * @typedef {object} QueueData
 * @property {string} queue
 * @property {Limits} limits
 * @property {Float64Array} [progress]  see PROGRESS in served-queues.js
 */

/**
 * @typedef {object} WorkerOptions
 * @property {string | null} queue  null: of a thread group
 * @property {string | null} group
 * @property {QueueData[]} queues  that it serves at first
 * @property {'thread' | 'process'} isolation
 * @property {Record<string, unknown>} data  for the thread's start
 * @property {string[] | undefined} exec_argv
 * @property {Record<string, number> | undefined} resource_limits
 */

/**
 * What a thread may ask of the isolate that started the engine.
 * @typedef {object} EngineCallbacks
 * @property {(event: Record<string, unknown>) => void} emit
 * @property {(engine: number, grace: number | undefined) => Promise<void>} stopEngine
 */

const FILES = {
  thread: inFirstCopy(new URL('../entries/job-thread.js', import.meta.url)),
  process: inFirstCopy(new URL('../entries/process-host.js', import.meta.url)),
}

/** Size of the memory that a thread shares with its parent: the bytes that it holds, and how often it has updated them. */
const MEMORY = 2

/** Milliseconds for a thread to acknowledge a stop; one that does not is blocked. */
const STOP_ACK_TIMEOUT = 500
/** Milliseconds for a thread to end after a stop: its after… methods may take five seconds, its driver one, its setup files five. */
const STOP_TIMEOUT = 12_000

export class WorkerThread {
  #worker
  #options
  #engine
  /** What it is the thread of, in messages. */
  #of
  #memory = shared(MEMORY)
  #queues = new ServedQueues()
  #terminated = false
  /** Set when it was terminated because of its memory. */
  #memoryProblem = ''
  #stopping = false
  /** @type {unknown} */
  #error
  /** Why it could not start. @type {Error | undefined} */
  #failure
  /** Processes that its jobs have adopted. @type {Set<number>} */
  #pids = new Set()
  /** The process group of a host's child process. */
  #group = 0
  /** It has detached itself, so its exit need not be reported. */
  detached = false

  /**
   * @param {WorkerOptions} options
   * @param {EngineCallbacks} engine
   */
  constructor(options, engine) {
    this.#options = options
    this.#engine = engine
    const { queue, group } = options
    this.#of = group === null ? `queue ${JSON.stringify(queue)}` : `thread group ${JSON.stringify(group)}`
    const thread = { engine: String(options.data.name), of: this.#of, isolation: options.isolation }
    state.threads.add(thread)
    this.#worker = new Worker(FILES[options.isolation], {
      name: `eram ${group ?? queue}`,
      workerData: {
        ...options.data,
        of: this.#of,
        queue,
        group,
        queues: options.queues.map((each) => this.#queues.add(each)),
        memory: this.#memory,
        exec_argv: options.exec_argv,
        resource_limits: options.resource_limits,
      },
      // For a process, they apply to the process and not to the host thread.
      ...(options.isolation === 'thread' && { execArgv: options.exec_argv, resourceLimits: options.resource_limits }),
    })
    // Only the engine keeps the process alive.
    this.#worker.unref()
    /** Resolves when the job files are loaded; rejects if the thread cannot start. @type {Promise<void>} */
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message) => this.#onMessage(message, resolve))
      this.#worker.on('error', (error) => {
        this.#error = error
      })
      /** @type {Promise<WorkerExit>} */
      this.ended = new Promise((ended) => {
        this.#worker.on('exit', (code) => {
          state.threads.delete(thread)
          this.#queues.end()
          const exit = this.#exitOf(code)
          for (const pid of this.#pids) endTree(pid, 0)
          if (this.#group > 0) kill(-this.#group)
          reject(this.#failure ?? new EramError('ERAM_LOAD', exit.message, { cause: this.#error }))
          ended(exit)
        })
      })
    })
    this.ready.catch(() => {})
  }

  /** Whether a slot is one of its own. @param {number} slot */
  has(slot) {
    return this.#queues.slots.includes(slot)
  }

  get servesQueues() {
    return this.#queues.size > 0
  }

  /** Its slot at a queue, or 0. A process gets a new one with each start. @param {string} queue */
  slotAt(queue) {
    return this.#queues.slotAt(queue)
  }

  /** Its slots, as events show them. */
  get shown() {
    const { slots } = this.#queues
    return this.#options.group === null ? { slot: slots[0] ?? 0 } : { slot: null, slots }
  }

  /** The newest run of each of its slots that has begun; undefined: none. */
  get lasts() {
    return this.#queues.lasts
  }

  /**
   * @param {QueueData} queue
   * @param {number} concurrency  jobs that it may run at once from now on
   */
  join(queue, concurrency) {
    this.#worker.postMessage({ join: this.#queues.add(queue), concurrency })
  }

  /** Resolves when it is attached to a queue that has joined, has left it, or has ended. @param {string} queue */
  async attachedTo(queue) {
    if (this.#queues.has(queue) && this.slotAt(queue) === 0) await this.#queues.next(queue)
  }

  /**
   * Leaves a queue, and resolves to whether it has acknowledged that in time.
   * @param {string} queue
   */
  async leave(queue) {
    if (!this.#queues.has(queue)) return true
    this.#worker.postMessage({ leave: queue })
    await waitAtMost(this.#queues.next(queue), STOP_ACK_TIMEOUT)
    return !this.#queues.has(queue)
  }

  /** Ends the thread at once; with isolation "process", the process. */
  terminate() {
    if (this.#options.isolation === 'process') return this.#worker.postMessage({ kill: true })
    this.#terminated = true
    return this.#worker.terminate()
  }

  /** The memory that the thread last published. A host has none: the memory of its jobs belongs to their process. */
  get memory() {
    const [bytes = 0, updates = 0] = this.#memory
    return this.#options.isolation === 'thread' ? { bytes, updates } : undefined
  }

  /**
   * Ends the thread because of its memory.
   * @param {string} message
   */
  terminateForMemory(message) {
    this.#memoryProblem = message
    this.terminate()
  }

  /** Asks the thread to end; terminates it when it does not acknowledge that in time, or takes too long. */
  async stop() {
    const end = () => {
      this.#terminated = true
      this.#worker.terminate()
    }
    this.#worker.postMessage({ stop: true })
    const unacknowledged = setTimeout(() => this.#stopping || end(), STOP_ACK_TIMEOUT)
    const overdue = setTimeout(end, STOP_TIMEOUT)
    await this.ended
    clearTimeout(unacknowledged)
    clearTimeout(overdue)
  }

  /** @param {Record<string, unknown>} message */
  send(message) {
    this.#worker.postMessage(message)
  }

  /** The process is exiting: kills the processes of jobs, which would outlive it. */
  abandon() {
    for (const pid of this.#pids) kill(pid)
    if (this.#group > 0) kill(-this.#group)
  }

  /**
   * @param {any} message
   * @param {() => void} ready
   */
  #onMessage(message, ready) {
    if (message.attached) this.#queues.attached(message.attached)
    if (message.left !== undefined) this.#queues.left(message.left)
    if (message.ready) ready()
    if (message.failed) this.#failure = new EramError(message.failed.code, message.failed.message)
    if (message.event) this.#engine.emit(message.event)
    if (message.adopted) this.#pids.add(message.adopted)
    if (message.released) this.#pids.delete(message.released)
    if (message.group !== undefined) this.#group = message.group
    if (message.stopping) this.#stopping = true
    if (message.detached) this.detached = true
    if (message.stopEngine) {
      const answer = () => this.#worker.postMessage({ stopped: true })
      this.#engine.stopEngine(message.stopEngine.engine, message.stopEngine.grace).then(answer, answer)
    }
  }

  /**
   * @param {number} exitCode
   * @returns {WorkerExit}
   */
  #exitOf(exitCode) {
    const thread = `the ${this.#options.isolation === 'thread' ? 'job thread' : 'host thread'} of ${this.#of}`
    const { running } = this.#queues
    const runs = running === undefined ? {} : { run: running }
    const code = /** @type {{ code?: string } | undefined} */ (this.#error)?.code
    if (this.#failure) return { cause: 'load', message: this.#failure.message }
    if (this.detached) return { cause: 'exit', code: exitCode, message: `${thread} has finished` }
    if (this.#memoryProblem) return { cause: 'memory', code: 'MAX_RSS', message: `${thread} ${this.#memoryProblem}`, ...runs }
    if (this.#terminated) return { cause: 'terminated', message: `${thread} was terminated`, ...runs }
    if (code === 'ERR_WORKER_OUT_OF_MEMORY') {
      return { cause: 'memory', code, message: `${thread} ran out of memory (resource_limits)`, ...runs }
    }
    if (this.#error !== undefined) {
      return { cause: 'error', code, message: `${thread} ended with an uncaught error: ${headline(this.#error)}`, ...runs }
    }
    return { cause: 'exit', code: exitCode, message: `${thread} exited with code ${exitCode} (process.exit was called in it)`, ...runs }
  }
}
