// Runs in a job process: the same runner as in a job thread, with the host thread (process-host.js) in place of the addon's queues.
// Batches and outcomes are the same texts; enqueues go to the host too, so that they share its engine's connections.

import { native, registry } from '../addon/index.js'
import { Runner, startServices } from '../perform/index.js'
import { useHooks } from '../shared/hooks.js'
import { headline, portableError } from '../shared/serialize.js'
import { attach } from './attached-engines.js'

/** @import { Registration } from '../job/registry.js' */
/** @import { JobServices } from '../perform/services.js' */
/** @import { IsolateData } from '../workers/pool.js' */

/** Calls without an answer, by id. @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
const calls = new Map()
let lastCall = 0
/** @type {Runner | undefined} */
let runner
/** @type {JobServices | undefined} */
let services
/** @type {ReturnType<typeof attach> | undefined} */
let attached
let scheduled = false
let stopping = false

process.on('message', (/** @type {any} */ message) => {
  if (message.batch) runner?.receive(message.batch)
  else if (message.ping) send({ pong: true })
  else if (message.start) start(message.start)
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

/** @param {IsolateData & { registrations: Registration[] }} data */
async function start(data) {
  try {
    for (const registration of data.registrations) native().register(registry(), JSON.stringify(registration))
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
    for (const worker of data.workers) await services.load(worker)
    runner = new Runner({
      ...services.deps,
      limits: data.limits,
      emit: (event) => send({ event }),
      // The host drops events that are not wanted.
      isWanted: () => true,
      adopted: (pid) => send({ adopted: pid }),
      released: (pid) => send({ released: pid }),
      prepareAck: (detail) => call(data.engine, 'settlement', [detail]),
      report: (text) => void call(data.engine, 'progress', [text]).catch(() => {}),
      flush,
      stop,
    })
    send({ ready: true })
  } catch (error) {
    await services?.close()
    process.send?.({ failed: portableError(error) }, () => process.exit(1))
  }
}

function flush() {
  if (scheduled) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    sendOutcomes()
    runner?.resume()
  })
}

function sendOutcomes() {
  if (!runner || runner.outcomes.empty) return
  const { runs, codes, details } = runner.outcomes.take()
  // Copies, because the views are overwritten while the message waits to be sent.
  send({ outcomes: { runs: runs.slice(), codes: codes.slice(), details } })
}

async function stop() {
  send({ stopping: true })
  if (stopping) return
  stopping = true
  await runner?.hooksDone()
  sendOutcomes()
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
