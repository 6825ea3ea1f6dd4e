// What runs in a job process: the same runner as in a job thread, with its host (host.js) where the addon would be. Batches
// and outcomes are the same texts; enqueues go to the host too, so that they share its engine's connections.

import { native } from '../addon/native.js'
import { attach } from '../engine/attached-engines.js'
import { load } from '../job/class-loader.js'
import { Runner } from '../perform/runner.js'
import { homeOf, Workshop } from '../perform/services.js'
import { headline, refusalOf } from '../shared/serialize.js'

/** @import { Registration } from '../job/registry.js' */
/** @import { ThreadData } from '../workers/pool.js' */

/** @type {Map<number, { resolve: (value: any) => void, reject: (error: Error) => void }>} */
const calls = new Map()
let lastCall = 0
/** @type {Runner | undefined} */
let runner
/** @type {Workshop | undefined} */
let workshop
/** @type {ReturnType<typeof attach> | undefined} */
let attached
let scheduled = false
let stopping = false

process.on('message', (/** @type {any} */ message) => {
  if (message.batch) runner?.receive(message.batch)
  else if (message.ping) tell({ pong: true })
  else if (message.start) start(message.start)
  else if (message.answer) answered(message.answer)
  else if (message.engines) attached?.update(message.engines)
  else if (message.stopped) attached?.stopped()
  else if (message.stop) stop()
})

// The host is gone, and with it whoever wanted these jobs done.
process.on('disconnect', () => process.exit(1))

// The error is printed and the process ends all the same; the host only learns why.
process.on('uncaughtExceptionMonitor', (error) => tell({ fatal: headline(error) }))

// Ctrl-C goes to the whole group of a terminal; the engine decides when this process ends.
process.on('SIGINT', () => {})

/** @param {ThreadData & { registrations: Registration[] }} data */
async function start(data) {
  try {
    for (const registration of data.registrations) native.register(JSON.stringify(registration))
    attached = attach({
      engines: data.engines,
      port: {
        enqueueEach: (engine, drafts) => call(engine, 'enqueueEach', [drafts]),
        enqueueAll: (engine, drafts) => call(engine, 'enqueueAll', [drafts]),
      },
      call,
      stop: (engine, grace) => tell({ stopEngine: { engine, grace } }),
    })
    workshop = new Workshop(homeOf(data))
    for (const worker of data.workers) await load(worker)
    runner = new Runner({
      ...workshop.tools,
      limits: data.limits,
      report: (event) => tell({ event }),
      // The host knows who listens.
      hears: () => true,
      holds: (pid) => tell({ holds: pid }),
      drops: (pid) => tell({ drops: pid }),
      settlement: (detail) => call(data.engine, 'settlement', [detail]),
      flush,
      stop,
    })
    tell({ ready: true })
  } catch (error) {
    process.send?.({ refused: refusalOf(error) }, () => process.exit(1))
  }
}

function flush() {
  if (scheduled) return
  scheduled = true
  setImmediate(() => {
    scheduled = false
    send()
    runner?.resume()
  })
}

function send() {
  if (!runner || runner.outbox.empty) return
  const { runs, codes, details } = runner.outbox.take()
  // Copies: the views are overwritten while the message waits to be written.
  tell({ settled: { runs: runs.slice(), codes: codes.slice(), details } })
}

async function stop() {
  tell({ stopping: true })
  if (stopping) return
  stopping = true
  await runner?.hooksDone()
  send()
  await workshop?.close()
  process.send?.({ left: true }, () => process.exit(0))
}

/**
 * @param {number} engine
 * @param {string} method
 * @param {unknown[]} words
 * @returns {Promise<any>}
 */
function call(engine, method, words) {
  lastCall += 1
  const id = lastCall
  return new Promise((resolve, reject) => {
    calls.set(id, { resolve, reject })
    tell({ call: { id, engine, method, words } })
  })
}

/** @param {{ id: number, value?: unknown, error?: string }} answer */
function answered({ id, value, error }) {
  const call = calls.get(id)
  calls.delete(id)
  if (error === undefined) call?.resolve(value)
  // As the addon writes it, code and all; whoever called makes it an EramError.
  else call?.reject(new Error(error))
}

/** @param {Record<string, unknown>} message */
function tell(message) {
  process.send?.(message, () => {})
}
