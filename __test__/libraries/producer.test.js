// eramjs/enqueue through every library: in its transactions, and through what is none, such as its pool.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enqueue } from '../../enqueue.js'
import { EramError } from '../../index.js'
import { withSchema } from '../support/database.js'
import { libraries } from './adapters/index.js'

class Undo extends Error {}

/** Of what the libraries have outside transactions, what cannot run statements at all. */
const REFUSED = /^client: expected an open (?:bookshelf|objection|typeorm) transaction, got /

for (const [library, load] of Object.entries(libraries)) {
  test(`${library}: a job joins the transaction, and without one it is committed at once`, async (t) => {
    for (const [name, open] of Object.entries(await load())) {
      t.diagnostic(name)
      await withSchema(async ({ url, prefix, rows }) => {
        const adapter = await open({ url, prefix, connections: 4 })
        const numbers = async () => (await rows(`SELECT (args->>'n')::int AS n FROM eram_jobs ORDER BY id`)).map(({ n }) => n)
        /** @param {any} client @param {number} n */
        const put = (client, n) => enqueue(client, { worker: 'A', args: { n, text: `? ?? $1 :a 'b' "c" \\ {d}` } }, { prefix })
        try {
          await assert.rejects(
            adapter.transaction(async (tx) => {
              await put(tx, 1)
              throw new Undo()
            }),
            Undo,
          )
          await adapter.transaction(async (tx) => {
            await put(tx, 2)
            const many = Array.from({ length: 1200 }, () => ({ worker: 'B', args: { n: 3 } }))
            assert.equal((await enqueue(tx, many, { prefix })).length, 1200)
            assert.deepEqual(await numbers(), [], 'nothing is visible before the commit')
          })
          assert.deepEqual(new Set(await numbers()), new Set([2, 3]))
          for (const client of adapter.outside()) {
            await rows('DELETE FROM eram_jobs')
            try {
              const job = await put(client, 4)
              assert.equal(job.conflict, false)
              assert.deepEqual(await numbers(), [4])
            } catch (error) {
              assert.ok(
                error instanceof EramError && error.code === 'ERAM_NOT_IN_TRANSACTION' && REFUSED.test(error.message),
                String(error),
              )
              assert.deepEqual(await numbers(), [])
            }
            if (typeof client.isTransactionActive === 'boolean') await client.release()
          }
        } finally {
          await adapter.close()
        }
      })
    }
  })
}
