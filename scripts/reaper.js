// Outlives the process that started it: once that is gone, SIGKILL included, ends the processes that it left running and
// removes its folders.
import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { descendants, isAlive, kill } from './processes.js'

/** How long processes may take to end before they are killed, in milliseconds. */
const GRACE_MS = 5_000

/** Pids (negative: process groups) with the signal that ends them, and folders. @type {Map<number | string, NodeJS.Signals>} */
const guarded = new Map()

process.on('message', (/** @type {{ guard?: number | string, signal: NodeJS.Signals, release?: number | string }} */ message) => {
  if (message.guard !== undefined) guarded.set(message.guard, message.signal)
  if (message.release !== undefined) guarded.delete(message.release)
})
process.once('disconnect', reap)
// Signals from the terminal are for the parent. Its exit is what counts here.
for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => {})

if (process.connected) process.send?.('ready')
else reap()

async function reap() {
  const pids = [...guarded.keys()].filter((it) => typeof it === 'number')
  const all = pids.flatMap((pid) => (pid > 0 ? [pid, ...descendants(pid)] : [pid]))
  // A stopped process receives no other signal.
  for (const pid of all) kill(pid, 'SIGCONT')
  for (const pid of pids) kill(pid, guarded.get(pid) ?? 'SIGTERM')
  const deadline = performance.now() + GRACE_MS
  while (performance.now() < deadline && all.some(isAlive)) await sleep(20)
  for (const pid of all) kill(pid, 'SIGKILL')
  for (const folder of guarded.keys()) {
    if (typeof folder === 'string') rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  process.exit()
}
