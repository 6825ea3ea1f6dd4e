// Runs in a job thread: loads the files of its job classes, attaches to its queue, or to each queue of its thread group, and performs
// jobs until it is stopped. The thread calls the engine directly; its parent only starts it, receives its events and reports its exit.

import { parentPort, workerData } from 'node:worker_threads'
import { native } from '../addon/index.js'
import { isWanted } from '../events/index.js'
import { Slot, startServices } from '../perform/index.js'
import { useHooks } from '../shared/hooks.js'
import { portableError, shortenError } from '../shared/serialize.js'
import { publishMemory } from '../workers/index.js'
import { attach } from './attached-engines.js'
import { loadClasses } from './load-classes.js'

/** @import { MessagePort } from 'node:worker_threads' */
/** @import { JobServices } from '../perform/services.js' */
/** @import { IsolateData } from '../workers/pool.js' */
/** @import { QueueData } from '../workers/worker-thread.js' */

const parent = /** @type {MessagePort} */ (parentPort)
const data = /** @type {IsolateData} */ (workerData)
const isShared = data.group !== null

const attached = attach({
  registry: data.registry,
  engines: data.engines,
  transport: native(),
  call: (engine, method, args) => /** @type {any} */ (native())[method](engine, ...args),
  stop: (engine, grace) => parent.postMessage({ stopEngine: { engine, grace } }),
  refused: (error) => parent.postMessage({ failed: portableError(error) }),
})
/** @type {JobServices | undefined} */
let services
/** By queue. @type {Map<string, Slot>} */
const slots = new Map()
/** Resolves when it is attached to its first queues. @type {() => void} */
let hasStarted = () => {}
/** @type {Promise<void>} */
const started = new Promise((resolve) => {
  hasStarted = resolve
})
let stopping = false

// The listener also keeps this thread alive, which the engine's waker does not.
parent.on('message', (message) => {
  if (message.stop) stop()
  if (message.join) started.then(() => join(message.join, message.concurrency))
  if (message.leave !== undefined) started.then(() => leave(message.leave))
  if (message.engines) attached.update(message.engines)
  if (message.stopped) attached.stopped()
})

// Before Node.js copies it for the parent.
process.on('uncaughtExceptionMonitor', (error) => shortenError(error))

try {
  await useHooks(data.hooks)
  services = await startServices(data, 'thread')
  await loadClasses(data, services)
  for (const queue of data.queues) serve(queue)
  if (data.guarded) publishMemory(data.memory)
  parent.postMessage({ ready: true })
  hasStarted()
} catch (error) {
  await services?.close()
  parent.postMessage({ failed: portableError(error) })
  process.exit(1)
}

/** @param {QueueData} data */
function serve({ queue, limits, progress }) {
  const [beside] = slots.values()
  const deps = {
    .../** @type {JobServices} */ (services).deps,
    limits,
    progress,
    emit: (/** @type {any} */ event) => parent.postMessage({ event }),
    isWanted: (/** @type {string} */ kind, /** @type {any} */ level) => isWanted(data.eventFlags, kind, level),
    adopted: (/** @type {number} */ pid) => parent.postMessage({ adopted: pid }),
    released: (/** @type {number} */ pid) => parent.postMessage({ released: pid }),
    stop: () => (isShared ? leave(queue) : stop()),
  }
  try {
    const slot = new Slot(data.engine, queue, 'thread', deps, { isShared, beside: beside?.id })
    slots.set(queue, slot)
    parent.postMessage({ attached: { queue, slot: slot.id } })
  } catch (error) {
    // A queue of a group that has stopped meanwhile; the others go on.
    if (!isShared) throw error
    parent.postMessage({ left: queue })
  }
}

/**
 * @param {QueueData} queue
 * @param {number} concurrency
 */
function join(queue, concurrency) {
  if (stopping) return
  data.concurrency = concurrency
  serve(queue)
}

/** A queue of the group has stopped. @param {string} queue */
async function leave(queue) {
  const slot = slots.get(queue)
  // The engine has already stopped it here.
  if (!slot) return
  slots.delete(queue)
  parent.postMessage({ left: queue })
  await slot.hooksDone()
  slot.close()
}

/** No more jobs will come, and jobs that have not ended will not be waited for. */
async function stop() {
  if (stopping) return
  stopping = true
  parent.postMessage({ stopping })
  const open = [...slots.values()]
  await Promise.all(open.map((slot) => slot.hooksDone()))
  for (const slot of open) slot.close()
  await services?.close()
  parent.postMessage({ detached: true })
  process.exit(0)
}
