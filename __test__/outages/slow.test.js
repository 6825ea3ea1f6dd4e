// Slow statements: the warning slow_query, with locks that another session really holds.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { sql, until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'

/**
 * Runs a scenario while another session has locked a table that no heartbeat reads.
 * @param {import('../support/database.js').Schema} schema
 * @param {(pid: number) => Promise<void>} scenario
 */
async function whileLocked({ url, prefix }, scenario) {
  const { client, row, end } = await sql(url, prefix)
  try {
    await client.query("SET application_name = 'a terminal'")
    await client.query('BEGIN')
    await client.query('LOCK TABLE eram_progress')
    await scenario((await row('SELECT pg_backend_pid() AS pid')).pid)
  } finally {
    await end()
  }
}

describe('a statement that waits for a lock', () => {
  test('raises a warning while it runs, which names the session that holds the lock', () =>
    withEngine({ slow_query: 200 }, async ({ engine, schema, recordEvents }) => {
      const warnings = recordEvents('warning')
      /** @type {Promise<any> | undefined} */
      let found
      await whileLocked(schema, async (pid) => {
        found = engine.jobs.find(1)
        const { resolved, hint, count, ms, message } = await until(() => {
          const warning = warnings.find(({ subject }) => subject === 'find_jobs')
          assert.ok(warning)
          return warning
        })
        assert.deepEqual([resolved, hint, count], [false, 'lock', 1])
        assert.ok(ms >= 200)
        assert.match(message, new RegExp(`waits for a lock that process ${pid} holds \\(a terminal, idle in transaction, `))
      })
      assert.equal(await found, null)
      const { slow_statements } = (await engine.metrics()).engine
      assert.ok(slow_statements >= 1)
    }))

  test('makes others wait for a connection, which is reported apart', () =>
    withEngine({ slow_query: 200, pool: 2, queues: {} }, async ({ engine, schema, recordEvents }) => {
      const warnings = recordEvents('warning')
      /** @type {Promise<any>[]} */
      let found = []
      await whileLocked(schema, async () => {
        found = [1, 2, 3, 4].map((id) => engine.jobs.find(id))
        const { hint, message } = await until(() => {
          const warning = warnings.find(({ subject }) => subject === 'pool')
          assert.ok(warning)
          return warning
        })
        assert.equal(hint, 'pool')
        assert.match(message, /^slow_query: \d × no free connection, for up to \d+ ms; all 2 are in use/)
      })
      assert.deepEqual(await Promise.all(found), [null, null, null, null])
    }))
})

test('without a limit nothing is timed, and other values are refused', () =>
  withEngine({ slow_query: false }, async ({ engine, schema, recordEvents }) => {
    const warnings = recordEvents('warning')
    /** @type {Promise<any> | undefined} */
    let found
    await whileLocked(schema, async () => {
      found = engine.jobs.find(1)
      await until(async () => {
        const { count } = await schema.row(`SELECT count(*)::int FROM pg_stat_activity
          WHERE wait_event_type = 'Lock' AND now() - query_start > interval '0.5 s' AND query LIKE '%"${schema.prefix}".eram_progress%'`)
        assert.equal(count, 1)
      })
    })
    await found
    assert.deepEqual([warnings, (await engine.metrics()).engine.slow_statements], [[], 0])
    for (const slow_query of /** @type {any[]} */ ([true, 0, 'slow'])) {
      await assert.rejects(EramEngine.start({ name: 'other', slow_query }), { code: 'ERAM_CONFIG', message: /^slow_query: expected / })
    }
  }))
