// A primary and its streaming standby.
import assert from 'node:assert/strict'
import { EramEngine } from '../../../index.js'
import { startPostgres } from '../../../scripts/postgres.js'
import { sql, until } from '../../support/database.js'

/** @typedef {import('../../../scripts/postgres.js').Postgres} Postgres */

/**
 * A primary and its standby, which streams.
 *
 * @typedef {object} Pair
 * @property {Postgres} first
 * @property {Postgres} second
 * @property {string} hosts the addresses of both
 * @property {() => Promise<void>} replayed resolves when the standby has what is committed now
 * @property {() => Promise<void>} disconnect stops the replication
 */

/** @param {(pair: Pair) => Promise<void>} test */
export async function withPair(test) {
  const first = await startPostgres()
  let second
  try {
    await EramEngine.migrate({ url: first.url })
    await first.down()
    const { username, password, hostname, pathname } = new URL(first.url)
    const conninfo = `host=${hostname} port=${first.port} user=${username} password=${password}`
    second = await startPostgres({
      copyOf: first.dataDir,
      settings: { primary_conninfo: conninfo, wal_retrieve_retry_interval: 100 },
      files: { 'standby.signal': '' },
    })
    await first.up()
    const standby = await sql(second.url)
    const receives = async () => (await standby.rows('SELECT FROM pg_stat_wal_receiver')).length === 1
    await until(async () => assert.ok(await receives()))
    await test({
      first,
      second,
      hosts: `postgres://${username}:${password}@${hostname}:${first.port},${hostname}:${second.port}${pathname}`,
      async replayed() {
        const primary = await sql(first.url)
        const { lsn } = await primary.row('SELECT pg_current_wal_flush_lsn() AS lsn')
        await primary.end()
        await until(async () => assert.ok((await standby.row('SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS there', [lsn])).there))
      },
      async disconnect() {
        await standby.rows(`ALTER SYSTEM SET primary_conninfo = ''`)
        await standby.rows('SELECT pg_reload_conf()')
        await until(async () => assert.equal(await receives(), false))
      },
    })
    await standby.end()
  } finally {
    await second?.stop()
    await first.stop()
  }
}
