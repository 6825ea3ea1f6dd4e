// One job after the other on an idle worker of any competitor: how long from the call to the start of perform.
import { load } from '../competitors/index.js'
import { serve } from '../lib/serve.js'
import { connect, pause } from '../lib/stores.js'

serve(async ({ competitor: name, target, jobs, rest, within, seconds }) => {
  const competitor = await load(name)
  /** @type {(n: number, began: bigint) => void} */
  let onBegan = () => {}
  const working = await competitor.work(target, { as: 'tuned', kind: 'timed', began: (n, began) => onBegan(n, began) })
  const enqueuer = await competitor.enqueuer(target, { kind: 'timed', wakes: true })
  const client = within ? await connect(target) : null

  /** @param {number} n @returns {Promise<number>} milliseconds */
  async function once(n) {
    /** @type {Promise<bigint>} */
    const begun = new Promise((resolve) => {
      onBegan = (other, began) => other === n && resolve(began)
    })
    const called = await (client ? inTransaction(client, n) : alone(n))
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
    // The job is not visible before the commit.
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
        // At any moment of a queue's going to sleep.
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
