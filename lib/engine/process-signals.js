// SIGTERM and SIGINT stop engines gracefully, a second signal at once. However the process exits, the engines hand back the jobs
// that they have claimed.

import { constants } from 'node:os'
import { ownProcess as process } from '../shared/context.js'
import { testRunner } from '../shared/global-state.js'

/**
 * @typedef {object} StoppableEngine
 * @property {() => Promise<void>} stop  gracefully
 * @property {() => void} abandon  at once and synchronously
 */

const SIGNALS = /** @type {const} */ (['SIGTERM', 'SIGINT'])

/** @type {Set<StoppableEngine>} */
const engines = new Set()
/** Engines that stop on signals. @type {Set<StoppableEngine>} */
const stoppedBySignal = new Set()
let signalled = false

/**
 * @param {StoppableEngine} engine
 * @param {{ signals: boolean }} options
 */
export function watch(engine, { signals }) {
  if (engines.size === 0) process.on('exit', onExit)
  if (engines.size === 0 && testRunner()) process.on('SIGTERM', onKill)
  engines.add(engine)
  if (!signals) return
  if (stoppedBySignal.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal)
  stoppedBySignal.add(engine)
}

/** @param {StoppableEngine} engine */
export function unwatch(engine) {
  if (engines.delete(engine) && engines.size === 0) {
    process.off('exit', onExit)
    process.off('SIGTERM', onKill)
  }
  // During a stop by signal the handlers stay: without them, a second signal would kill the process.
  if (stoppedBySignal.delete(engine) && stoppedBySignal.size === 0 && !signalled) {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
}

function onExit() {
  for (const engine of engines) engine.abandon()
}

/** vitest ends its processes by a signal, when all tests are done. What was not stopped by then is treated as at an exit. */
function onKill() {
  process.off('SIGTERM', onKill)
  if (process.listenerCount('SIGTERM') > 0) return
  onExit()
  process.kill(process.pid, 'SIGTERM')
}

/** @param {'SIGTERM' | 'SIGINT'} signal */
async function onSignal(signal) {
  // process.exit calls onExit, which hands the jobs back.
  if (signalled) process.exit(128 + constants.signals[signal])
  signalled = true
  const stopped = await Promise.allSettled([...stoppedBySignal].map((engine) => engine.stop()))
  for (const each of stopped) if (each.status === 'rejected') process.emitWarning(each.reason)
  process.exit(0)
}
