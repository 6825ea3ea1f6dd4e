// listen: whether a notification arrives.

import { randomUUID } from 'node:crypto'
import { EramError } from '../../../index.js'

/** @import { EramEngine } from '../../../index.js' */
/** @import { Check } from '../check.js' */

const CHANNEL = 'eramjs.doctor'
const LIMIT_MS = 2000
const INTERVAL_MS = 100

/** @type {Check} */
export const listen = {
  id: 'listen',
  looks: 'whether a notification arrives within 2 s',
  run({ schema }) {
    return schema.engine(
      async (engine) => {
        const saw = await missing(engine)
        if (saw === undefined) return []
        return [
          {
            level: /** @type {const} */ ('warn'),
            saw,
            why: 'Queues are polled, and other nodes learn of changes with their next heartbeat.',
            fix: 'Behind a pooler, set `listen_url` to an address that bypasses it.',
          },
        ]
      },
      { notify: true },
    )
  },
}

/**
 * Why notifications do not arrive; undefined if one does.
 * @param {EramEngine} engine
 * @returns {Promise<string | undefined>}
 */
async function missing(engine) {
  const token = randomUUID()
  /** @type {() => void} */
  let arrive = () => {}
  const arrived = new Promise((resolve) => {
    arrive = () => resolve(undefined)
  })
  try {
    await engine.listen(CHANNEL, (payload) => {
      if (payload === token) arrive()
    })
  } catch (error) {
    if (error instanceof EramError && error.code === 'ERAM_CONFIG') return 'through this pooler, no notification arrives'
    throw error
  }
  /** @type {NodeJS.Timeout[]} */
  const timers = []
  const failed = new Promise((resolve, reject) => {
    // Again and again: the engine may not listen yet.
    const send = () => engine.notify(CHANNEL, token).catch(reject)
    timers.push(setInterval(send, INTERVAL_MS), setTimeout(resolve, LIMIT_MS, `no notification within ${LIMIT_MS / 1000} s`))
    send()
  })
  return Promise.race([arrived, failed]).finally(() => {
    for (const timer of timers) clearTimeout(timer)
  })
}
