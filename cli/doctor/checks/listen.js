// listen: whether a notification arrives.

import { randomUUID } from 'node:crypto'

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
        const token = randomUUID()
        /** @type {NodeJS.Timeout[]} */
        const timers = []
        const arrived = await new Promise((resolve, reject) => {
          engine.listen(CHANNEL, (payload) => {
            if (payload === token) resolve(true)
          })
          // Again and again: the engine may not listen yet.
          const send = () => engine.notify(CHANNEL, token).catch(reject)
          timers.push(setInterval(send, INTERVAL_MS), setTimeout(resolve, LIMIT_MS, false))
          send()
        }).finally(() => {
          for (const timer of timers) clearTimeout(timer)
        })
        if (arrived) return []
        return [
          {
            level: /** @type {const} */ ('warn'),
            saw: `no notification within ${LIMIT_MS / 1000} s`,
            why: 'Queues are polled, and other nodes learn of changes with their next heartbeat.',
            fix: 'Behind a pooler, set `listen_url` to an address that bypasses it.',
          },
        ]
      },
      { notify: true },
    )
  },
}
