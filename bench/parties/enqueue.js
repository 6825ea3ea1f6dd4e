// Enqueues as fast as it goes for some time, in one of four ways, by whichever contender; here nobody works.

import { load } from '../contenders/index.js'
import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'
import { during } from '../lib/during.js'
import { payload } from '../lib/payload.js'

/** @typedef {{ callers: number, jobs: number, call: (caller: number) => Promise<unknown> }} Way */

serve(async ({ contender: name, place, way, size, seconds, heard }) => {
  const contender = await load(name)
  const enqueuer = await contender.enqueuer(place, { kind: 'noop', heard })
  const args = payload(1)
  const all = Array(size).fill(args)
  const { within } = enqueuer
  if (way === 'transactions' && !within) throw new Error('it cannot enqueue in a transaction of the caller')
  const clients = way === 'transactions' ? await Promise.all(Array.from({ length: size }, () => connect(place))) : []

  /** @type {Record<string, Way>} */
  const ways = {
    one: { callers: 1, jobs: 1, call: () => enqueuer.one(args) },
    flight: { callers: size, jobs: 1, call: () => enqueuer.one(args) },
    bulk: { callers: 1, jobs: size, call: () => enqueuer.bulk(all) },
    transactions: {
      callers: size,
      jobs: 1,
      async call(caller) {
        const client = /** @type {import('pg').Client} */ (clients[caller])
        await client.query('BEGIN')
        await within?.(client, args)
        await client.query('COMMIT')
      },
    },
  }
  const chosen = /** @type {Way} */ (ways[way])
  await during(seconds / 5, chosen)
  return {
    run: () => during(seconds, chosen),
    async close() {
      await Promise.all([...clients.map((client) => client.end()), enqueuer.close()])
    },
  }
})
