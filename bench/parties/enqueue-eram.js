// Enqueues as fast as it goes for some time, in one of four ways, through an engine that runs no queue.

import { EramEngine } from '../../index.js'
import { Noop } from '../jobs.js'
import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'
import { during } from '../lib/during.js'

serve(async ({ place, way, size, seconds }) => {
  const engine = await EramEngine.start(place)
  const clients = way === 'transactions' ? await Promise.all(Array.from({ length: size }, () => connect(place))) : []
  const args = { n: 1, text: 'x'.repeat(80) }

  /** @type {Record<string, { callers: number, jobs: number, call: (caller: number) => Promise<unknown> }>} */
  const ways = {
    one: { callers: 1, jobs: 1, call: () => Noop.enqueue(args) },
    flight: { callers: size, jobs: 1, call: () => Noop.enqueue(args) },
    bulk: { callers: 1, jobs: size, call: () => EramEngine.enqueueAll(Array.from({ length: size }, () => Noop.new(args))) },
    transactions: {
      callers: size,
      jobs: 1,
      async call(caller) {
        const client = /** @type {import('pg').Client} */ (clients[caller])
        await client.query('BEGIN')
        await Noop.enqueue(args, { tx: client })
        await client.query('COMMIT')
      },
    },
  }
  const chosen = /** @type {(typeof ways)[string]} */ (ways[way])
  await during(seconds / 5, chosen)
  return {
    run: () => during(seconds, chosen),
    async close() {
      await Promise.all([...clients.map((client) => client.end()), engine.stop()])
    },
  }
})
