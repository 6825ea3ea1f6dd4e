// The node that rebuilds an index is killed meanwhile. The server is the test's own, as transactions of others would delay it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { sql, until, withSchema } from '../support/database.js'
import { startNode } from './nodes.js'

const OPTIONS = {
  queues: { default: 1 },
  reindexer: { schedule: '* * * * *', indexes: ['eram_jobs_args_index', 'eram_jobs_meta_index'], timeout: 60 },
}
const WHOLE = [
  { name: 'eram_jobs_args_index', valid: true },
  { name: 'eram_jobs_meta_index', valid: true },
]
// A run begins with a minute, and the lease of one that was killed ends first.
const NEXT = { timeout: 150_000, interval: 50 }

test('an index whose rebuilding was killed stays as it was, and the next run removes what was left', async () => {
  const server = await startPostgres()
  try {
    await withSchema(reindexed, { url: server.url })
  } finally {
    await server.stop()
  }
})

/** @param {import('../support/database.js').Schema} schema */
async function reindexed(schema) {
  const { url, prefix, rows, row } = schema
  const indexes = () =>
    rows(
      `SELECT i.relname AS name, x.indisvalid AS valid FROM pg_index AS x JOIN pg_class AS i ON i.oid = x.indexrelid
       WHERE x.indrelid = 'eram_jobs'::regclass AND i.relname ~ '(args|meta)_index' ORDER BY i.relname`,
    )
  /** @param {number} n of a job; what the index, and nothing else, finds of it */
  async function found(n) {
    await rows('SET enable_seqscan = off')
    const query = `SELECT count(*)::int AS jobs FROM eram_jobs WHERE args @> '{"n": ${n}}'`
    const plan = (await rows(`EXPLAIN ${query}`)).map((line) => line['QUERY PLAN']).join('\n')
    assert.match(plan, /Bitmap Index Scan on eram_jobs_args_index/)
    return (await row(query)).jobs
  }
  /** @param {number} n */
  const insert = (n) => rows(`SELECT FROM eram_enqueue_job($1)`, [JSON.stringify({ worker: 'NoJob', queue: 'none', args: { n } })])

  await EramEngine.migrate({ url, prefix, search_indexes: true })
  await insert(1)
  assert.deepEqual(await indexes(), WHOLE)
  const writer = await sql(url, prefix)
  /** @type {Awaited<ReturnType<typeof startNode>>[]} */
  const nodes = []
  try {
    // The rebuilding waits for transactions that wrote before it began.
    await writer.rows('BEGIN')
    await writer.rows('UPDATE eram_jobs SET priority = 1')
    const killed = await startNode(schema, 'killed', OPTIONS)
    nodes.push(killed)
    const left = await until(async () => {
      const broken = (await indexes()).filter(({ valid }) => !valid).map(({ name }) => name)
      assert.match(String(broken), /^eram_jobs_args_index_ccnew\d*$/)
      return broken
    }, NEXT)
    await killed.kill()
    assert.deepEqual(killed.eventsOf('reindexer:stop'), [])
    await until(async () => {
      const busy = await rows(`SELECT pid FROM pg_stat_activity WHERE query LIKE 'REINDEX%' AND state = 'active'`)
      assert.deepEqual(busy, [], 'the server has stopped rebuilding')
    })
    await writer.rows('ROLLBACK')
    assert.deepEqual(
      (await indexes()).filter(({ name }) => !left.includes(name)),
      WHOLE,
    )
    await insert(2)
    assert.deepEqual([await found(1), await found(2)], [1, 1])

    const successor = await startNode(schema, 'successor', OPTIONS)
    nodes.push(successor)
    const report = await successor.waitForEvent('reindexer:stop', undefined, NEXT)
    assert.deepEqual([report.removed, report.rebuilt, report.failed], [left, WHOLE.map(({ name }) => name), []])
    assert.deepEqual(await indexes(), WHOLE)
    assert.deepEqual([await found(1), await found(2)], [1, 1])
  } finally {
    await Promise.all([...nodes.map((node) => node.kill()), writer.end()])
  }
}
