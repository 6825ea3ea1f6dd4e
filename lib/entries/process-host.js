// What runs in the host thread of a queue whose jobs are isolated in a process: keeps one child process alive (child.js),
// passes batches to it and outcomes back, and tells the engine when it dies. A thread of its own, so that a main thread that
// is busy holds up no job; and so that the engine's calls need no process boundary.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { native } from '../addon/native.js'
import { EVENT_FLAGS } from '../events/kinds.js'
import { registrations } from '../job/class-loader.js'
import { kill } from '../shared/process-tree.js'
import { refusalOf } from '../shared/serialize.js'
import { Pace } from '../workers/restart-delay.js'
import { report } from '../workers/supervisor.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @import { MessagePort } from 'node:worker_threads' */
/** @import { Death } from '../workers/worker-thread.js' */
/** @import { ThreadData } from '../workers/pool.js' */

const parent = /** @type {MessagePort} */ (parentPort)
const data = /** @type {ThreadData} */ (workerData)
const name = `the job process of queue ${JSON.stringify(data.queue)}`

// A process that does not answer for this long is stuck in its own code.
const ANSWER = 500

const pace = new Pace()
const nothing = { runs: new Float64Array(0), codes: new Uint8Array(0) }
/** @type {ChildProcess} */
let child
let slot = 0
let stopping = false
let killed = false
let ready = false
/** @type {{ code: string, message: string } | undefined} */
let refusal
/** What it said of the error that ends it. */
let fatal = ''
/** @type {(() => void) | undefined} */
let answered

parent.on('message', (message) => {
  if (message.kill) end()
  if (message.stop) stop()
  if (message.engines || message.stopped) tell(message)
})

start()

function start() {
  killed = false
  refusal = undefined
  fatal = ''
  const { beat: _, ears: __, exec_argv, resource_limits, ...rest } = data
  child = fork(fileURLToPath(new URL('./job-process.js', import.meta.url)), [], {
    serialization: 'advanced',
    // The first of a group of its own, so that it can be killed with whatever it has started.
    detached: process.platform !== 'win32',
    execArgv: [...(exec_argv ?? process.execArgv), ...heap(resource_limits)],
  })
  parent.postMessage({ group: child.pid ?? 0 })
  child.on('message', hear)
  child.on('error', (error) => {
    refusal ??= refusalOf(error)
    // It never was; then there is no exit either.
    if (child.pid === undefined) ended(null, null)
  })
  child.once('exit', (code, signal) => ended(code, signal))
  tell({ start: { ...rest, registrations: registrations() } })
}

/** @param {any} message */
function hear(message) {
  if (message.settled) exchange(message.settled)
  else if (message.event) forward(message.event)
  else if (message.call) answer(message.call)
  else if (message.pong || message.stopping) answered?.()
  else if (message.holds || message.drops || message.stopEngine) parent.postMessage(message)
  else if (message.refused) refusal = message.refused
  else if (message.fatal) fatal = message.fatal
  // Told to go by the engine: another process has taken this one's seat.
  else if (message.left) stopping = true
  else if (message.ready) attach()
}

function attach() {
  pace.started()
  slot = native.attach(data.engine, JSON.stringify({ queue: data.queue, isolation: 'process' }), () =>
    exchange({ ...nothing, details: null }),
  )
  parent.postMessage({ attached: slot, ready: !ready })
  if (ready) tellOf({ event: 'thread:start' })
  ready = true
}

/**
 * Never throws: it is the engine's bell as well.
 * @param {{ runs: Float64Array, codes: Uint8Array, details: string | null }} settled
 */
function exchange({ runs, codes, details }) {
  if (slot === 0) return
  try {
    const batch = native.exchange(slot, runs, codes, details)
    if (batch === null) return
    tell({ batch })
    if (!batch.endsWith(',[]]')) watch(JSON.parse(batch)[1])
  } catch (error) {
    if (!stopping) process.emitWarning(/** @type {Error} */ (error))
  }
}

/**
 * Runs were asked to end. A process that is too busy to hear it would be too busy for ever; whether one that does hear it
 * obeys is the engine's affair.
 * @param {[number, string][]} aborts
 */
function watch(aborts) {
  if (!aborts.some(([run]) => run > 0)) return
  const watched = child
  setTimeout(() => {
    if (child !== watched) return
    const timer = setTimeout(() => child === watched && end(), ANSWER)
    answered = () => clearTimeout(timer)
    tell({ ping: true })
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
function ended(code, signal) {
  const death = deathOf(code, signal)
  const left = stopping && code === 0
  const place = slot
  slot = 0
  if (place > 0 && !left) report(place, death)
  if (place > 0) native.detach(place)
  if (left) parent.postMessage({ left: true })
  if (stopping) process.exit(0)
  if (refusal && !ready) {
    parent.postMessage({ refused: refusal })
    process.exit(1)
  }
  tellOf({ event: 'thread:exit', slot: place, ...death, expected: false })
  setTimeout(start, pace.next())
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 * @returns {Death}
 */
function deathOf(code, signal) {
  if (refusal) return { cause: 'load', message: refusal.message }
  if (killed) return { cause: 'terminated', message: `${name} was killed` }
  if (fatal) return { cause: 'error', message: `${name} was ended by an uncaught error: ${fatal}` }
  // V8 aborts when the heap is full.
  const why = signal === 'SIGABRT' ? ' (out of memory, or an abort in native code)' : ''
  if (signal) return { cause: 'signal', signal, message: `${name} was ended by ${signal}${why}` }
  return { cause: 'exit', code: code ?? 0, message: `${name} exited with code ${code} (process.exit was called in it)` }
}

/** @param {{ event: string, [detail: string]: unknown }} event */
function tellOf({ event, ...details }) {
  parent.postMessage({ event: { event, engine: data.name, queue: data.queue, isolation: 'process', slot, ...details } })
}

function stop() {
  if (stopping) return
  stopping = true
  parent.postMessage({ stopping })
  if (!child.connected) process.exit(0)
  tell({ stop: true })
  const timer = setTimeout(end, ANSWER)
  answered = () => clearTimeout(timer)
}

/** @param {Record<string, unknown>} message */
function tell(message) {
  // A process that has just died gets no more; its end is on its way to us.
  if (child.connected) child.send(message, () => {})
}

/** @param {{ event: string }} event */
function forward(event) {
  const ear = EVENT_FLAGS.indexOf(event.event)
  if (ear < 0 || Atomics.load(data.ears, ear) === 1) parent.postMessage({ event })
}

/**
 * The child's calls: enqueues, control, and settlements.
 * @param {{ id: number, engine: number, method: string, words: unknown[] }} call
 */
async function answer({ id, engine, method, words }) {
  try {
    // A settlement is asked of this place at the queue, everything else of the engine.
    const value = await /** @type {any} */ (native)[method](method === 'settlement' ? slot : engine, ...words)
    tell({ answer: { id, value } })
  } catch (error) {
    // As the addon words it, code and all; the child makes an EramError of it.
    tell({ answer: { id, error: /** @type {Error} */ (error).message } })
  }
}

/** @param {Record<string, number> | undefined} limits */
function heap(limits) {
  return [
    ...(limits?.maxOldGenerationSizeMb ? [`--max-old-space-size=${limits.maxOldGenerationSizeMb}`] : []),
    ...(limits?.maxYoungGenerationSizeMb ? [`--max-semi-space-size=${Math.ceil(limits.maxYoungGenerationSizeMb / 3)}`] : []),
    ...(limits?.stackSizeMb ? [`--stack-size=${Math.floor(limits.stackSizeMb * 1000)}`] : []),
  ]
}
