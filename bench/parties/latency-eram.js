// One job after the other on an idle engine: how long from the call to the start of perform in the job's thread.

import { setTimeout as pause } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { Timed } from '../jobs.js'
import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'

serve(async ({ place, jobs, rest, transaction }) => {
  const engine = await EramEngine.start({ ...place, queues: { default: { limit: 10 } } })
  const client = await connect(place)
  const channel = new BroadcastChannel('eram bench')
  /** @type {(message: { n: number, began: bigint }) => void} */
  let hear = () => {}
  channel.onmessage = (event) => hear(/** @type {any} */ (event).data)

  /** @param {number} n @returns {Promise<number>} milliseconds */
  async function once(n) {
    /** @type {Promise<bigint>} */
    const began = new Promise((resolve) => {
      hear = (message) => message.n === n && resolve(message.began)
    })
    const called = transaction ? await inTransaction(n) : await alone(n)
    return Number((await began) - called) / 1e6
  }

  /** @param {number} n */
  async function alone(n) {
    const called = process.hrtime.bigint()
    await Timed.enqueue({ n })
    return called
  }

  /** @param {number} n */
  async function inTransaction(n) {
    await client.query('BEGIN')
    await Timed.enqueue({ n }, { tx: client })
    // Before its commit nobody can see the job.
    const called = process.hrtime.bigint()
    await client.query('COMMIT')
    return called
  }

  // The first jobs pay for what is loaded and compiled.
  for (let n = 1; n <= 20; n++) await once(-n)
  return {
    async run() {
      const times = []
      for (let n = 1; n <= jobs; n++) {
        // At any moment of the engine's falling asleep.
        if (rest > 0) await pause(Math.random() * rest)
        times.push(await once(n))
      }
      return { times }
    },
    async close() {
      channel.close()
      await Promise.all([client.end(), engine.stop()])
    },
  }
})
