// What runs in a job thread: loads the files of its queue's job classes, takes a place at the queue, and performs jobs until
// it is told to stop. The engine calls this thread directly; its parent only starts it, hears its events and buries it.

import { parentPort, workerData } from 'node:worker_threads'
import { native } from '../addon/native.js'
import { attach } from '../engine/attached-engines.js'
import { EVENT_FLAGS } from '../events/kinds.js'
import { load } from '../job/class-loader.js'
import { homeOf, Workshop } from '../perform/services.js'
import { Slot } from '../perform/slot.js'
import { refusalOf } from '../shared/serialize.js'
import { sayMemory } from '../workers/memory-guard.js'

/** @import { MessagePort } from 'node:worker_threads' */
/** @import { ThreadData } from '../workers/pool.js' */

const parent = /** @type {MessagePort} */ (parentPort)
const data = /** @type {ThreadData} */ (workerData)

const attached = attach({
  engines: data.engines,
  port: native,
  call: (engine, method, words) => /** @type {any} */ (native)[method](engine, ...words),
  stop: (engine, grace) => parent.postMessage({ stopEngine: { engine, grace } }),
})
const workshop = new Workshop(homeOf(data))
/** @type {Slot | undefined} */
let slot
let stopping = false

// A listener on the port also keeps this thread alive; the engine's bell does not.
parent.on('message', (message) => {
  if (message.stop) stop()
  if (message.engines) attached.update(message.engines)
  if (message.stopped) attached.stopped()
})

try {
  for (const worker of data.workers) await load(worker)
  slot = new Slot(data.engine, data.queue, 'thread', {
    ...workshop.tools,
    limits: data.limits,
    beat: data.beat,
    report: (event) => parent.postMessage({ event }),
    hears: (kind) => Atomics.load(data.ears, EVENT_FLAGS.indexOf(kind)) === 1,
    holds: (pid) => parent.postMessage({ holds: pid }),
    drops: (pid) => parent.postMessage({ drops: pid }),
    stop,
  })
  if (data.guarded) sayMemory(data.beat)
  parent.postMessage({ attached: slot.id, ready: true })
} catch (error) {
  parent.postMessage({ refused: refusalOf(error) })
  process.exit(1)
}

/** No more jobs will come, and those that have not ended never will. */
async function stop() {
  if (stopping) return
  stopping = true
  parent.postMessage({ stopping })
  await slot?.hooksDone()
  slot?.close()
  await workshop.close()
  parent.postMessage({ left: true })
  process.exit(0)
}
