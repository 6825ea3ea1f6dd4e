// Jobs that are due in a moment: how long after it perform begins in the job's thread.

import { EramEngine } from '../../index.js'
import { Dated } from '../jobs.js'
import { serve } from '../lib/child.js'
import { connect, pause } from '../lib/database.js'

serve(async ({ place, jobs, ahead, spread }) => {
  const engine = await EramEngine.start({ ...place, queues: { default: { limit: 100 } } })
  const client = await connect(place)

  /** The clock of the database in milliseconds, less that of this process. */
  async function skew() {
    let best = { took: Infinity, skew: 0 }
    for (let i = 0; i < 20; i++) {
      const asked = performance.timeOrigin + performance.now()
      const { rows } = await client.query('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now')
      const took = performance.timeOrigin + performance.now() - asked
      if (took < best.took) best = { took, skew: rows[0].now - asked - took / 2 }
    }
    return best.skew
  }

  return {
    async run() {
      const offset = await skew()
      const first = performance.timeOrigin + performance.now() + offset + ahead
      const due = Array.from({ length: jobs }, (_, i) => Dated.new({}, { scheduled_at: new Date(first + (spread * i) / jobs) }))
      await EramEngine.enqueueAll(due)
      for (;;) {
        const { rows } = await client.query(
          `SELECT result::text::float8 - extract(epoch FROM scheduled_at)::float8 * 1000 AS late FROM eram_jobs WHERE state = 'completed'`,
        )
        if (rows.length >= jobs) return { late: rows.map((row) => row.late + offset) }
        await pause(100)
      }
    },
    close: () => Promise.all([client.end(), engine.stop()]).then(() => {}),
  }
})
