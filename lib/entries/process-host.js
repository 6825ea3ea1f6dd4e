// Runs in the host thread of a queue with isolation "process": keeps one child process running (job-process.js), passes batches to
// it and outcomes back, and reports its exit to the engine. It is a thread of its own, so that a busy main thread does not delay
// jobs, and so that calls of the engine need not cross a process boundary.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { native } from '../addon/index.js'
import { EVENT_FLAGS, isWanted } from '../events/index.js'
import { registrations } from '../loading/index.js'
import { state } from '../shared/global-state.js'
import { kill } from '../shared/process-tree.js'
import { portableError } from '../shared/serialize.js'
import { RestartDelay, reportExit } from '../workers/index.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { MessagePort } from 'node:worker_threads' */
/** @import { LogLevel } from '../events/levels.js' */
/** @import { IsolateData } from '../workers/pool.js' */
/** @import { WorkerExit } from '../workers/worker-thread.js' */

const parent = /** @type {MessagePort} */ (parentPort)
const data = /** @type {IsolateData} */ (workerData)
state.registry = data.registry
const name = `the job process of queue ${JSON.stringify(data.queue)}`

/** Functions of the addon that take this slot in place of the engine. */
const OF_SLOTS = ['settlement', 'progress']

/** Milliseconds for the process to answer; one that does not is blocked by its own code. */
const ANSWER_TIMEOUT = 500

const delay = new RestartDelay()
const noOutcomes = { runs: new Float64Array(0), codes: new Uint8Array(0), details: null }
/** @type {ChildProcess} */
let child
let slot = 0
let stopping = false
let killed = false
let ready = false
/** Why the process could not start. @type {{ code: string, message: string } | undefined} */
let failure
/** The uncaught error that ends the process. */
let fatal = ''
/** Called when the process answers. @type {(() => void) | undefined} */
let onAnswer

parent.on('message', (message) => {
  if (message.kill) end()
  if (message.stop) stop()
  if (message.engines || message.stopped) send(message)
})

start()

function start() {
  killed = false
  failure = undefined
  fatal = ''
  const { progress: _, eventFlags: __, exec_argv, resource_limits, ...rest } = data
  child = fork(fileURLToPath(new URL('./job-process.js', import.meta.url)), [], {
    serialization: 'advanced',
    // In a process group of its own, so that it can be killed with the processes that it has started.
    detached: process.platform !== 'win32',
    execArgv: [...(exec_argv ?? process.execArgv), ...heapFlags(resource_limits)],
  })
  parent.postMessage({ group: child.pid ?? 0 })
  child.on('message', onMessage)
  child.on('error', (error) => {
    failure ??= portableError(error)
    // It did not start, so there will be no exit event.
    if (child.pid === undefined) onExit(null, null)
  })
  child.once('exit', (code, signal) => onExit(code, signal))
  send({ start: { ...rest, registrations: registrations() } })
}

/** @param {any} message */
function onMessage(message) {
  if (message.outcomes) exchange(message.outcomes)
  else if (message.event) forward(message.event)
  else if (message.call) answer(message.call)
  else if (message.pong || message.stopping) onAnswer?.()
  else if (message.adopted || message.released || message.stopEngine) parent.postMessage(message)
  else if (message.failed) failure = message.failed
  else if (message.fatal) fatal = message.fatal
  // The engine has stopped it, because another process replaces it.
  else if (message.detached) stopping = true
  else if (message.ready) attach()
}

function attach() {
  delay.started()
  slot = native().attach(data.engine, JSON.stringify({ queue: data.queue, isolation: 'process' }), () => exchange(noOutcomes))
  parent.postMessage({ attached: slot, ready: !ready })
  if (ready) emit({ event: 'thread:start' })
  ready = true
}

/**
 * Never throws, because the engine calls it as its waker.
 * @param {{ runs: Float64Array, codes: Uint8Array, details: string | null }} outcomes
 */
function exchange({ runs, codes, details }) {
  if (slot === 0) return
  try {
    const batch = native().exchange(slot, runs, codes, details)
    if (batch === null) return
    send({ batch })
    if (!batch.endsWith(',[]]')) watchAborts(JSON.parse(batch)[1])
  } catch (error) {
    if (!stopping) process.emitWarning(/** @type {Error} */ (error))
  }
}

/**
 * Runs were aborted: after the grace period, kills the process if it is blocked. If it answers, the engine decides what happens to
 * jobs that ignore the abort.
 * @param {[number, string][]} aborts
 */
function watchAborts(aborts) {
  if (!aborts.some(([run]) => run > 0)) return
  const watched = child
  setTimeout(() => {
    if (child !== watched) return
    const timer = setTimeout(() => child === watched && end(), ANSWER_TIMEOUT)
    onAnswer = () => clearTimeout(timer)
    send({ ping: true })
  }, data.limits.abort_grace)
}

function end() {
  killed = true
  if (child.pid === undefined) return
  kill(process.platform === 'win32' ? child.pid : -child.pid)
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 */
function onExit(code, signal) {
  const exit = exitOf(code, signal)
  const hasFinished = stopping && code === 0
  const exited = slot
  slot = 0
  if (exited > 0 && !hasFinished) reportExit(exited, exit)
  if (exited > 0) native().detach(exited)
  if (hasFinished) parent.postMessage({ detached: true })
  if (stopping) process.exit(0)
  if (failure && !ready) {
    parent.postMessage({ failed: failure })
    process.exit(1)
  }
  emit({ event: 'thread:exit', slot: exited, ...exit, expected: false })
  setTimeout(start, delay.next())
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 * @returns {WorkerExit}
 */
function exitOf(code, signal) {
  if (failure) return { cause: 'load', message: failure.message }
  if (killed) return { cause: 'terminated', message: `${name} was killed` }
  if (fatal) return { cause: 'error', message: `${name} ended with an uncaught error: ${fatal}` }
  // V8 aborts when the heap is full.
  const reason = signal === 'SIGABRT' ? ' (out of memory, or an abort in native code)' : ''
  if (signal) return { cause: 'signal', signal, message: `${name} was ended by ${signal}${reason}` }
  return { cause: 'exit', code: code ?? 0, message: `${name} exited with code ${code} (process.exit was called in it)` }
}

/** @param {{ event: string, [detail: string]: unknown }} event */
function emit({ event, ...details }) {
  parent.postMessage({ event: { event, engine: data.name, queue: data.queue, isolation: 'process', slot, ...details } })
}

function stop() {
  if (stopping) return
  stopping = true
  parent.postMessage({ stopping })
  if (!child.connected) process.exit(0)
  send({ stop: true })
  const timer = setTimeout(end, ANSWER_TIMEOUT)
  onAnswer = () => clearTimeout(timer)
}

/** @param {Record<string, unknown>} message */
function send(message) {
  // If the process has just ended, its exit event follows.
  if (child.connected) child.send(message, () => {})
}

/** Passes an event of the process on, if it is wanted. @param {{ event: string, level?: LogLevel }} event */
function forward(event) {
  if (!EVENT_FLAGS.includes(event.event) || isWanted(data.eventFlags, event.event, event.level)) parent.postMessage({ event })
}

/**
 * Calls the addon for the process: enqueues, operations on engines, and acks of jobs with a transaction of their own.
 * @param {{ id: number, engine: number, method: string, args: unknown[] }} call
 */
async function answer({ id, engine, method, args }) {
  try {
    // Acks and progress belong to this slot, everything else to the engine.
    const value = await /** @type {any} */ (native())[method](OF_SLOTS.includes(method) ? slot : engine, ...args)
    send({ answer: { id, value } })
  } catch (error) {
    // The text of the addon, which the process turns into an EramError.
    send({ answer: { id, error: /** @type {Error} */ (error).message } })
  }
}

/** The flags of Node for a process with these limits. @param {Record<string, number> | undefined} limits */
function heapFlags(limits) {
  return [
    ...(limits?.maxOldGenerationSizeMb ? [`--max-old-space-size=${limits.maxOldGenerationSizeMb}`] : []),
    ...(limits?.maxYoungGenerationSizeMb ? [`--max-semi-space-size=${Math.ceil(limits.maxYoungGenerationSizeMb / 3)}`] : []),
    ...(limits?.stackSizeMb ? [`--stack-size=${Math.floor(limits.stackSizeMb * 1000)}`] : []),
  ]
}
