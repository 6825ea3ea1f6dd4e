// One job after the other on an idle worker of whichever contender: how long from the call to the start of perform.

import { setTimeout as pause } from 'node:timers/promises'
import { load } from '../contenders/index.js'
import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'

serve(async ({ contender: name, place, jobs, rest, within, seconds }) => {
  const contender = await load(name)
  /** @type {(n: number, began: bigint) => void} */
  let hear = () => {}
  const working = await contender.work(place, { as: 'tuned', kind: 'timed', began: (n, began) => hear(n, began) })
  const enqueuer = await contender.enqueuer(place, { kind: 'timed', heard: true })
  const client = within ? await connect(place) : null

  /** @param {number} n @returns {Promise<number>} milliseconds */
  async function once(n) {
    /** @type {Promise<bigint>} */
    const begun = new Promise((resolve) => {
      hear = (other, began) => other === n && resolve(began)
    })
    const called = client ? await inTransaction(client, n) : await alone(n)
    return Number((await begun) - called) / 1e6
  }

  /** @param {number} n */
  async function alone(n) {
    const called = process.hrtime.bigint()
    await enqueuer.one({ n })
    return called
  }

  /** @param {import('pg').Client} client @param {number} n */
  async function inTransaction(client, n) {
    await client.query('BEGIN')
    await enqueuer.within?.(client, { n })
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
      const began = performance.now()
      for (let n = 1; n <= jobs && performance.now() - began < seconds * 1000; n++) {
        // At any moment of a queue's falling asleep.
        if (rest > 0) await pause(Math.random() * rest)
        times.push(await once(n))
      }
      return { times }
    },
    async close() {
      await enqueuer.close()
      await Promise.all([client?.end(), working.stop()])
    },
  }
})
