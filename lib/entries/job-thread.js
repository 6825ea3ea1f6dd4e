// Runs in a job thread: loads the files of its queue's job classes, attaches to the queue, and performs jobs until it is stopped.
// The thread calls the engine directly; its parent only starts it, receives its events and reports its exit.

import { parentPort, workerData } from 'node:worker_threads'
import { native } from '../addon/index.js'
import { isWanted } from '../events/index.js'
import { Slot, startServices } from '../perform/index.js'
import { useHooks } from '../shared/hooks.js'
import { portableError } from '../shared/serialize.js'
import { publishMemory } from '../workers/index.js'
import { attach } from './attached-engines.js'

/** @import { MessagePort } from 'node:worker_threads' */
/** @import { JobServices } from '../perform/services.js' */
/** @import { IsolateData } from '../workers/pool.js' */

const parent = /** @type {MessagePort} */ (parentPort)
const data = /** @type {IsolateData} */ (workerData)

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
/** @type {Slot | undefined} */
let slot
let stopping = false

// The listener also keeps this thread alive, which the engine's waker does not.
parent.on('message', (message) => {
  if (message.stop) stop()
  if (message.engines) attached.update(message.engines)
  if (message.stopped) attached.stopped()
})

try {
  await useHooks(data.hooks)
  services = await startServices(data, 'thread')
  for (const worker of data.workers) await services.load(worker)
  slot = new Slot(data.engine, data.queue, 'thread', {
    ...services.deps,
    limits: data.limits,
    progress: data.progress,
    emit: (event) => parent.postMessage({ event }),
    isWanted: (kind, level) => isWanted(data.eventFlags, kind, level),
    adopted: (pid) => parent.postMessage({ adopted: pid }),
    released: (pid) => parent.postMessage({ released: pid }),
    stop,
  })
  if (data.guarded) publishMemory(data.progress)
  parent.postMessage({ attached: slot.id, ready: true })
} catch (error) {
  await services?.close()
  parent.postMessage({ failed: portableError(error) })
  process.exit(1)
}

/** No more jobs will come, and jobs that have not ended will not be waited for. */
async function stop() {
  if (stopping) return
  stopping = true
  parent.postMessage({ stopping })
  await slot?.hooksDone()
  slot?.close()
  await services?.close()
  parent.postMessage({ detached: true })
  process.exit(0)
}
