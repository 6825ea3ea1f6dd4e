// Transactions of pg, each of which enqueues one job, for some time: many at once, one after the other on each connection.

import { EramEngine } from '../../index.js'
import { Noop } from '../jobs.js'
import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'
import { during } from '../lib/during.js'
import { payload } from '../lib/payload.js'

serve(async ({ place, callers, seconds, notify }) => {
  const engine = await EramEngine.start({ ...place, queues: {}, notify })
  const clients = await Promise.all(Array.from({ length: callers }, () => connect(place)))
  const args = payload(1)
  const what = {
    callers,
    jobs: 1,
    /** @param {number} caller */
    async call(caller) {
      const client = /** @type {import('pg').Client} */ (clients[caller])
      await client.query('BEGIN')
      await Noop.enqueue(args, { tx: client })
      await client.query('COMMIT')
    },
  }
  await during(seconds / 5, what)
  return {
    run: () => during(seconds, what),
    close: () => Promise.all([...clients.map((client) => client.end()), engine.stop()]).then(() => {}),
  }
})
