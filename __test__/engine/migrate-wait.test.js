// A migration that waits for a lock says for whom.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { sql, withSchema } from '../support/database.js'

test('a migration that waits warns with the process, the application and the user that hold the lock', () =>
  withSchema(async ({ url, prefix }) => {
    const { client, row, end } = await sql(url, prefix)
    await client.query("SET application_name = 'a terminal'")
    await client.query('BEGIN')
    await client.query('LOCK TABLE eram_jobs IN ACCESS SHARE MODE')
    const { pid, user } = await row('SELECT pg_backend_pid() AS pid, current_user AS user')
    const warned = once(process, 'warning')
    const rolledBack = EramEngine.migrate({ url, prefix, to: 0 })
    const [warning] = await warned
    assert.equal(warning.code, 'MIGRATE_WAITS')
    assert.match(
      warning.message,
      new RegExp(
        `^migrate: expected to get its locks at once, waits for process ${pid} \\("a terminal", user "${user}", idle in transaction, in a transaction for \\d+ s, `,
      ),
    )
    await client.query('COMMIT')
    await end()
    assert.equal((await rolledBack).version, 0)
    await EramEngine.migrate({ url, prefix })
  }))
