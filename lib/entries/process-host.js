// Runs in the host thread of a queue, or thread group, with isolation "process": keeps one child process running (job-process.js), passes batches to
// it and outcomes back, and reports its exit to the engine. It is a thread of its own, so that a busy main thread does not delay
// jobs, and so that calls of the engine need not cross a process boundary.

import { parentPort, workerData } from 'node:worker_threads'
import { native } from '../addon/index.js'
import { EVENT_FLAGS, isWanted } from '../events/index.js'
import { registrations } from '../loading/index.js'
import { state } from '../shared/global-state.js'
import { kill } from '../shared/process-tree.js'
import { portableError } from '../shared/serialize.js'
import { RestartDelay, reportExit } from '../workers/index.js'
import { forkProcess } from './fork-process.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { MessagePort } from 'node:worker_threads' */
/** @import { LogLevel } from '../events/levels.js' */
/** @import { IsolateData } from '../workers/pool.js' */
/** @import { QueueData, WorkerExit } from '../workers/worker-thread.js' */

const parent = /** @type {MessagePort} */ (parentPort)
const data = /** @type {IsolateData} */ (workerData)
state.registry = data.registry
const name = `the job process of ${data.of}`

/** Functions of the addon that take a slot in place of the engine. */
const OF_SLOTS = ['settlement', 'progress']

/** Milliseconds for the process to answer; one that does not is blocked by its own code. */
const ANSWER_TIMEOUT = 500

const delay = new RestartDelay()
const noOutcomes = { runs: new Float64Array(0), codes: new Uint8Array(0), details: null }
/** @type {ChildProcess} */
let child
/**
 * The queues that it serves, by number: the same in the process. `slot`: 0 until the process is ready.
 * @type {Map<number, QueueData & { slot: number, isLeaving: boolean }>}
 */
const served = new Map()
let lastServed = 0
let stopping = false
let killed = false
/** The process is ready. */
let isUp = false
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
  if (message.join) join(message.join, message.concurrency)
  if (message.leave !== undefined) leave(message.leave)
  if (message.engines || message.stopped) send(message)
})

for (const queue of data.queues) serve(queue)
start()

function start() {
  killed = false
  failure = undefined
  fatal = ''
  const { memory: _, eventFlags: __, exec_argv, resource_limits, ...rest } = data
  const queues = [...served].map(([number, queue]) => started(number, queue))
  child = forkProcess({ exec_argv, resource_limits })
  parent.postMessage({ group: child.pid ?? 0 })
  child.on('message', onMessage)
  child.on('error', (error) => {
    failure ??= portableError(error)
    // It did not start, so there will be no exit event.
    if (child.pid === undefined) onExit(null, null)
  })
  child.once('exit', (code, signal) => onExit(code, signal))
  send({ start: { ...rest, queues, registrations: registrations() } })
}

/** @param {any} message */
function onMessage(message) {
  if (message.outcomes) exchange(message.number, message.outcomes)
  else if (message.event) forward(message.event)
  else if (message.call) answer(message.call)
  else if (message.pong || message.stopping) onAnswer?.()
  else if (message.adopted || message.released || message.stopEngine) parent.postMessage(message)
  else if (message.failed) failure = message.failed
  else if (message.fatal) fatal = message.fatal
  // The engine has stopped it, because another process replaces it.
  else if (message.detached) stopping = true
  else if (message.left) detach(message.left)
  else if (message.ready) attachAll()
}

function attachAll() {
  delay.started()
  isUp = true
  for (const number of served.keys()) attach(number)
  parent.postMessage({ ready: !ready })
  if (ready) emit({ event: 'thread:start', ...slots() })
  ready = true
}

/** @param {number} number */
function attach(number) {
  const queue = served.get(number)
  if (!queue) return
  const beside = openSlots()[0]
  try {
    const target = JSON.stringify({ queue: queue.queue, isolation: 'process', beside })
    queue.slot = native().attach(data.engine, target, () => exchange(number, noOutcomes))
    parent.postMessage({ attached: { queue: queue.queue, slot: queue.slot } })
  } catch (error) {
    // A queue of a group that has stopped meanwhile; the others go on.
    if (data.group === null) throw error
    served.delete(number)
    parent.postMessage({ left: queue.queue })
  }
}

/** @param {number} number */
function detach(number) {
  const queue = served.get(number)
  served.delete(number)
  if (queue && queue.slot > 0) native().detach(queue.slot)
  if (queue && !queue.isLeaving) parent.postMessage({ left: queue.queue })
}

/** @param {QueueData} queue */
function serve(queue) {
  lastServed += 1
  served.set(lastServed, { ...queue, slot: 0, isLeaving: false })
  return lastServed
}

/** A queue, as the process gets it. @param {number} number @param {QueueData} queue */
function started(number, { queue, limits }) {
  return { number, queue, limits }
}

/**
 * @param {QueueData} queue
 * @param {number} concurrency
 */
function join(queue, concurrency) {
  data.concurrency = concurrency
  const number = serve(queue)
  send({ join: started(number, queue), concurrency })
  if (isUp) attach(number)
}

/** A queue of the group has stopped. @param {string} name */
function leave(name) {
  for (const [number, queue] of served) {
    if (queue.queue !== name || queue.isLeaving) continue
    queue.isLeaving = true
    parent.postMessage({ left: name })
    if (isUp) send({ leave: number })
    else detach(number)
  }
}

const openSlots = () => [...served.values()].map(({ slot }) => slot).filter((slot) => slot > 0)

/** The slots as events show them. */
function slots() {
  const open = openSlots()
  return data.group === null ? { slot: open[0] ?? 0 } : { slot: null, slots: open }
}

/**
 * Never throws, because the engine calls it as its waker.
 * @param {number} number  of the queue
 * @param {{ runs: Float64Array, codes: Uint8Array, details: string | null }} outcomes
 */
function exchange(number, { runs, codes, details }) {
  const queue = served.get(number)
  if (!queue || queue.slot === 0) return
  try {
    const batch = native().exchange(queue.slot, runs, codes, details)
    if (batch === null) return
    send({ number, batch })
    if (!batch.endsWith(',[]]')) watchAborts(JSON.parse(batch)[1], queue.limits.abort_grace)
  } catch (error) {
    if (!stopping) process.emitWarning(/** @type {Error} */ (error))
  }
}

/**
 * Runs were aborted: after the grace period, kills the process if it is blocked. If it answers, the engine decides what happens to
 * jobs that ignore the abort.
 * @param {[number, string][]} aborts
 * @param {number} grace
 */
function watchAborts(aborts, grace) {
  if (!aborts.some(([run]) => run > 0)) return
  const watched = child
  setTimeout(() => {
    if (child !== watched) return
    const timer = setTimeout(() => child === watched && end(), ANSWER_TIMEOUT)
    onAnswer = () => clearTimeout(timer)
    send({ ping: true })
  }, grace)
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
  const shown = slots()
  isUp = false
  for (const [number, queue] of served) {
    const { slot } = queue
    queue.slot = 0
    if (queue.isLeaving) served.delete(number)
    if (slot > 0 && !hasFinished) reportExit(slot, exit)
    if (slot > 0) native().detach(slot)
  }
  if (hasFinished) parent.postMessage({ detached: true })
  if (stopping) process.exit(0)
  if (failure && !ready) {
    parent.postMessage({ failed: failure })
    process.exit(1)
  }
  emit({ event: 'thread:exit', ...shown, ...exit, expected: false })
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
  parent.postMessage({ event: { event, engine: data.name, queue: data.queue, group: data.group, isolation: 'process', ...details } })
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
 * @param {{ id: number, engine: number, method: string, args: unknown[] }} call  `engine`: of acks and progress, the number of the queue
 */
async function answer({ id, engine, method, args }) {
  try {
    const target = OF_SLOTS.includes(method) ? (served.get(engine)?.slot ?? 0) : engine
    const value = await /** @type {any} */ (native())[method](target, ...args)
    send({ answer: { id, value } })
  } catch (error) {
    // The text of the addon, which the process turns into an EramError.
    send({ answer: { id, error: /** @type {Error} */ (error).message } })
  }
}
