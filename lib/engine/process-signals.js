// The ends of the process: SIGTERM and SIGINT stop engines in good order, a second one at once, and whatever way the process
// goes, its last act is to give back the jobs that it had claimed.

import { constants } from 'node:os'

/**
 * @typedef {object} Ending
 * @property {() => Promise<void>} stop  in good order
 * @property {() => void} abandon  at once and synchronously
 */

const SIGNALS = /** @type {const} */ (['SIGTERM', 'SIGINT'])

/** @type {Set<Ending>} */
const engines = new Set()
/** @type {Set<Ending>} */
const bySignal = new Set()
let signalled = false

/**
 * @param {Ending} engine
 * @param {{ signals: boolean }} options
 */
export function watch(engine, { signals }) {
  if (engines.size === 0) process.on('exit', onExit)
  engines.add(engine)
  if (!signals) return
  if (bySignal.size === 0) for (const signal of SIGNALS) process.on(signal, onSignal)
  bySignal.add(engine)
}

/** @param {Ending} engine */
export function unwatch(engine) {
  if (engines.delete(engine) && engines.size === 0) process.off('exit', onExit)
  // While a signal is being obeyed the handlers stay: without them a second signal would kill the process in mid-stop.
  if (bySignal.delete(engine) && bySignal.size === 0 && !signalled) for (const signal of SIGNALS) process.off(signal, onSignal)
}

function onExit() {
  for (const engine of engines) engine.abandon()
}

/** @param {'SIGTERM' | 'SIGINT'} signal */
async function onSignal(signal) {
  // process.exit runs onExit, which gives the jobs back.
  if (signalled) process.exit(128 + constants.signals[signal])
  signalled = true
  const stopped = await Promise.allSettled([...bySignal].map((engine) => engine.stop()))
  for (const each of stopped) if (each.status === 'rejected') process.emitWarning(each.reason)
  process.exit(0)
}
