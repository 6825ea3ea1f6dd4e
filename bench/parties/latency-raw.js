// The least that a job can take through PostgreSQL: inserted with a notification, which another connection hears and answers
// with the engine's own claim.

import { randomUUID } from 'node:crypto'
import { serve } from '../lib/child.js'
import { connect } from '../lib/database.js'
import { statement } from '../lib/statements.js'

const INSERT = `
  WITH inserted AS (INSERT INTO eram_jobs (worker, args) VALUES ('Timed', $1))
  SELECT pg_notify('eram_bench', '')`

serve(async ({ place, jobs }) => {
  const [producer, consumer] = await Promise.all([connect(place), connect(place)])
  const claim = { text: statement('fetch_jobs', place.prefix), values: ['default', 10, 'raw', randomUUID(), ['Timed'], null] }
  await consumer.query('LISTEN eram_bench')

  /** @param {number} n @returns {Promise<number>} milliseconds */
  async function once(n) {
    const began = new Promise((resolve) => {
      consumer.once('notification', async () => {
        const { rows } = await consumer.query(claim)
        if (rows.length === 1) resolve(performance.now())
      })
    })
    const called = performance.now()
    await producer.query(INSERT, [{ n }])
    return (await began) - called
  }

  for (let n = 1; n <= 20; n++) await once(-n)
  return {
    async run() {
      const times = []
      for (let n = 1; n <= jobs; n++) times.push(await once(n))
      return { times }
    },
    async close() {
      await Promise.all([producer.end(), consumer.end()])
    },
  }
})
