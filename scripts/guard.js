// Outlives the script that started it by a moment: when the script is gone, SIGKILL included, it ends the commands that
// the script had running, so that no server of a demo stays behind.
import { setTimeout as sleep } from 'node:timers/promises'
import { signalled } from './processes.js'

/** Process groups. @type {Set<number>} */
const groups = new Set()
const MAY_TAKE_MS = 5_000

process.on('message', (/** @type {{ began?: number, ended?: number }} */ { began, ended }) => {
  if (began) groups.add(-began)
  if (ended) groups.delete(-ended)
})

process.on('disconnect', async () => {
  for (const group of groups) signalled(group, 'SIGTERM')
  const limit = performance.now() + MAY_TAKE_MS
  while (performance.now() < limit && [...groups].some((group) => signalled(group, 0))) await sleep(50)
  for (const group of groups) signalled(group, 'SIGKILL')
  process.exit()
})

// Meant for our parent. Our work begins when it is gone.
for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => {})

if (process.connected) process.send?.('ready')
