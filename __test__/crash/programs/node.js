// An application that runs an engine with the options of its first argument and tells its parent what happens in it. Its
// parent may tell it to exit, to be busy for some time, to say what time it is, or to enqueue jobs, one after the other.
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

/** @typedef {{ exit?: number, block?: number, now?: boolean, call?: boolean }} Wish */

process.on('message', (/** @type {Wish} */ { exit, block = 0, now = false, call: shall }) => {
  if (shall !== undefined) {
    calling = shall
    return void call()
  }
  if (exit !== undefined) process.exit(exit)
  if (now) return process.send?.({ event: 'now', now: Date.now() })
  process.send?.({ event: 'blocked' })
  // Once that is on its way.
  setImmediate(() => {
    for (const end = performance.now() + block; performance.now() < end; );
  })
})
process.once('disconnect', () => process.exit())
// Only the engine keeps this process alive.
process.channel?.unref()
process.send?.({ event: 'ready' })
