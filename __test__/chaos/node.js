// A node of the chaos test: an engine with the options of its first argument, in a process that starts although the database is
// away, and that tells its parent only what is rare.
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine, EramError } from '../../index.js'
import './jobs.js'

process.once('disconnect', () => process.exit())

/** @returns {Promise<EramEngine>} */
async function start() {
  for (;;) {
    try {
      return await EramEngine.start({ ...JSON.parse(process.argv[2] ?? ''), logger: false })
    } catch (error) {
      if (!(error instanceof EramError) || error.code !== 'ERAM_UNAVAILABLE') throw error
    }
    await sleep(100)
  }
}

const engine = await start()
const RARE = ['producer:lost', 'cron:exception', 'cron:missed', 'job:warning', 'listener:exception']
for (const kind of RARE) engine.on(/** @type {any} */ (kind), (event) => process.send?.(event))
// Only the engine keeps this process alive.
process.channel?.unref()
process.send?.({ event: 'ready' })
