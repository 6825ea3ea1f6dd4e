// Runs in a job process: the same runner as in a job thread, with the host thread (process-host.js) in place of the addon's queues.
// Batches and outcomes are the same texts; enqueues go to the host too, so that they share its engine's connections.

import { native, registry } from '../addon/index.js'
import { Meter, Runner, startServices } from '../perform/index.js'
import { useHooks } from '../shared/hooks.js'
import { headline, portableError } from '../shared/serialize.js'
import { attach } from './attached-engines.js'
import { loadClasses } from './load-classes.js'

/** @import { Registration } from '../job/registry.js' */
/** @import { Limits } from '../perform/runner.js' */
/** @import { JobServices } from '../perform/services.js' */
/** @import { IsolateData } from '../workers/pool.js' */

/** Calls without an answer, by id. @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
const calls = new Map()
let lastCall = 0
/** By the host's number of the queue. @type {Map<number, Runner>} */
const runners = new Map()
/** Numbers of queues whose outcomes leave soon. @type {Set<number>} */
const flushing = new Set()
/** @type {StartData} */
let data
/** @type {JobServices | undefined} */
let services
/** @type {ReturnType<typeof attach> | undefined} */
let attached
/** It performs jobs. */
let ready = false
let stopping = false

process.on('message', (/** @type {any} */ message) => {
  if (message.batch) runners.get(message.number)?.receive(message.batch)
  else if (message.ping) send({ pong: true })
  else if (message.start) start(message.start)
  else if (message.join) join(message.join, message.concurrency)
  else if (message.leave) leave(message.leave)
  else if (message.answer) onAnswer(message.answer)
  else if (message.engines) attached?.update(message.engines)
  else if (message.stopped) attached?.stopped()
  else if (message.stop) stop()
})

// The host has ended, and its engine has released the jobs.
process.on('disconnect', () => process.exit(1))

// Only informs the host of the reason; Node prints the error and ends the process.
process.on('uncaughtExceptionMonitor', (error) => send({ fatal: headline(error) }))

// Ctrl-C signals the whole process group of a terminal; the engine decides when this process ends.
process.on('SIGINT', () => {})

/** @typedef {{ number: number, queue: string, limits: Limits }} Served  `number`: the host's */

/** @typedef {Omit<IsolateData, 'queues'> & { queues: Served[], registrations: Registration[] }} StartData */

/** @param {StartData} given */
async function start(given) {
  data = given
  try {
    for (const registration of given.registrations) native().register(registry(), JSON.stringify(registration))
    attached = attach({
      registry: registry(),
      engines: data.engines,
      transport: {
        enqueueEach: (engine, drafts) => call(engine, 'enqueueEach', [drafts]),
        enqueueAll: (engine, drafts) => call(engine, 'enqueueAll', [drafts]),
        enqueued: (engine, counts) => void call(engine, 'enqueued', [counts]).catch(() => {}),
      },
      call,
      stop: (engine, grace) => send({ stopEngine: { engine, grace } }),
      refused: (error) => send({ failed: portableError(error) }),
    })
    await useHooks(data.hooks)
    services = await startServices(data, 'process')
    await loadClasses(data, services)
    // With those that have joined meanwhile.
    for (const queue of given.queues) serve(queue)
    ready = true
    send({ ready: true })
  } catch (error) {
    await services?.close()
    process.send?.({ failed: portableError(error) }, () => process.exit(1))
  }
}

/** @param {Served} served */
function serve({ number, limits }) {
  const isShared = data.group !== null
  const runner = new Runner({
    .../** @type {JobServices} */ (services).deps,
    limits,
    meter: new Meter(isShared),
    emit: (event) => send({ event }),
    // The host drops events that are not wanted.
    isWanted: () => true,
    adopted: (pid) => send({ adopted: pid }),
    released: (pid) => send({ released: pid }),
    // Of the queue, in place of an engine.
    prepareAck: (detail) => call(number, 'settlement', [detail]),
    report: (text) => void call(number, 'progress', [text]).catch(() => {}),
    flush: () => flush(number),
    stop: () => (isShared ? leave(number) : stop()),
  })
  runners.set(number, runner)
}

/**
 * At once, because jobs may be in the next message.
 * @param {Served} served
 * @param {number} concurrency
 */
function join(served, concurrency) {
  data.concurrency = concurrency
  if (ready) serve(served)
  else data.queues.push(served)
}

/** A queue of the group has stopped. @param {number} number */
async function leave(number) {
  await runners.get(number)?.hooksDone()
  sendOutcomes(number)
  if (runners.delete(number)) send({ left: number })
}

/** @param {number} number */
function flush(number) {
  if (flushing.has(number)) return
  flushing.add(number)
  setImmediate(() => {
    flushing.delete(number)
    sendOutcomes(number)
    runners.get(number)?.resume()
  })
}

/** @param {number} number */
function sendOutcomes(number) {
  const outcomes = runners.get(number)?.outcomes
  while (outcomes?.empty === false) {
    const { runs, codes, details } = outcomes.take()
    // Copies, because the views are overwritten while the message waits to be sent.
    send({ number, outcomes: { runs: runs.slice(), codes: codes.slice(), details } })
  }
}

async function stop() {
  send({ stopping: true })
  if (stopping) return
  stopping = true
  await Promise.all([...runners.values()].map((runner) => runner.hooksDone()))
  for (const number of runners.keys()) sendOutcomes(number)
  await services?.close()
  process.send?.({ detached: true }, () => process.exit(0))
}

/**
 * Calls a function of the addon in the host thread.
 * @param {number} engine
 * @param {string} method
 * @param {unknown[]} args
 * @returns {Promise<any>}
 */
function call(engine, method, args) {
  lastCall += 1
  const id = lastCall
  return new Promise((resolve, reject) => {
    calls.set(id, { resolve, reject })
    send({ call: { id, engine, method, args } })
  })
}

/** @param {{ id: number, value?: unknown, error?: string }} answer */
function onAnswer({ id, value, error }) {
  const call = calls.get(id)
  calls.delete(id)
  if (error === undefined) call?.resolve(value)
  // The text of an error of the addon, which the caller turns into an EramError.
  else call?.reject(new Error(error))
}

/** @param {Record<string, unknown>} message */
function send(message) {
  process.send?.(message, () => {})
}
