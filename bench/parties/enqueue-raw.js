// Inserts as fast as it goes for some time, in the same ways as enqueue-eram.js: plain rows, and nobody is told of them.

import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'
import { during } from '../lib/during.js'

/** @import { Client } from 'pg' */

const ONE = `INSERT INTO eram_jobs (queue, worker, args) VALUES ('default', 'Noop', $1) RETURNING id`
const MANY = `
  INSERT INTO eram_jobs (queue, worker, args)
  SELECT 'default', 'Noop', a.args FROM jsonb_array_elements($1::jsonb) AS a(args) RETURNING id`

serve(async ({ place, way, size, seconds }) => {
  const callers = way === 'flight' || way === 'transactions' ? size : 1
  const clients = await Promise.all(Array.from({ length: callers }, () => connect(place)))
  const args = { n: 1, text: 'x'.repeat(80) }
  /** @param {number} caller */
  const client = (caller) => /** @type {Client} */ (clients[caller])
  /** @param {number} caller */
  const one = (caller) => client(caller).query(ONE, [args])

  /** @type {Record<string, { callers: number, jobs: number, call: (caller: number) => Promise<unknown> }>} */
  const ways = {
    one: { callers, jobs: 1, call: one },
    flight: { callers, jobs: 1, call: one },
    bulk: { callers, jobs: size, call: (caller) => client(caller).query(MANY, [JSON.stringify(Array(size).fill(args))]) },
    transactions: {
      callers,
      jobs: 1,
      async call(caller) {
        await client(caller).query('BEGIN')
        await one(caller)
        await client(caller).query('COMMIT')
      },
    },
  }
  const chosen = /** @type {(typeof ways)[string]} */ (ways[way])
  await during(seconds / 5, chosen)
  return {
    run: () => during(seconds, chosen),
    async close() {
      await Promise.all(clients.map((client) => client.end()))
    },
  }
})
