// An application that runs an engine with the options of its first argument and tells its parent what happens in it. Its
// parent may tell it to exit, to be busy for some time, or to say what time it is.
import { EramEngine } from '../../../index.js'
import './clock.js'
import './jobs.js'
import './transacted.js'

const engine = await EramEngine.start({ ...JSON.parse(process.argv[2] ?? ''), logger: false })
engine.on('*', (event) => process.send?.(event))
process.on('message', (/** @type {{ exit?: number, block?: number, now?: boolean }} */ { exit, block = 0, now = false }) => {
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
