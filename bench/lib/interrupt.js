// Ctrl-C: the contenders go, and what was made in the stores is dropped.

import { endAll } from './party.js'

// Some peers answer a signal by sending it again; a person who insists is heeded.
const INSISTENT = 3

let signals = 0
function interrupt() {
  signals += 1
  if (signals > INSISTENT) process.exit(130)
  endAll()
}

/** From now on. To be said again after code of a peer has run in this process: one takes everybody's listeners away. */
export function guard() {
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM']))
    if (!process.listeners(signal).includes(interrupt)) process.on(signal, interrupt)
}
