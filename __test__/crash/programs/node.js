// An application that runs an engine with the options of its first argument and sends the engine's events to its parent. The
// parent can make it exit, block its main thread until a file is there, send its time, or enqueue jobs one after the other.
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine } from '../../../index.js'
import './clock.js'
import { EffectJob } from './jobs.js'
import './transacted.js'

const engine = await EramEngine.start({ ...JSON.parse(process.argv[2] ?? ''), logger: false })
engine.on('*', (event) => process.send?.(event))
let calling = false
async function call() {
  while (calling) {
    try {
      const { id } = await EffectJob.enqueue({})
      process.send?.({ event: 'acknowledged', id })
      // Its queue falls idle meanwhile.
      await sleep(5)
    } catch (error) {
      process.send?.({ event: 'refused', code: /** @type {any} */ (error).code })
      await sleep(20)
    }
  }
}

/** @typedef {{ exit?: number, block?: string, now?: boolean, call?: boolean }} Command */

const PAUSE = new Int32Array(new SharedArrayBuffer(4))

process.on('message', (/** @type {Command} */ { exit, block = '', now = false, call: shall }) => {
  if (shall !== undefined) {
    calling = shall
    return void call()
  }
  if (exit !== undefined) process.exit(exit)
  if (now) return process.send?.({ event: 'now', now: Date.now() })
  process.send?.({ event: 'blocked' })
  // Once that is on its way.
  setImmediate(() => {
    while (!existsSync(block)) Atomics.wait(PAUSE, 0, 0, 5)
  })
})
process.once('disconnect', () => process.exit())
// Only the engine keeps this process alive.
process.channel?.unref()
process.send?.({ event: 'ready' })
