// The database changes hands under running jobs: the primary is away and only a standby answers, the standby takes over, the one
// that took over takes no writes for a while. One pair of servers for all of it, as one bad day.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { startPostgres } from '../../scripts/postgres.js'
import { withJournal } from '../crash/journal.js'
import { JournalJob } from '../crash/programs/journal.js'
import { sql, until } from '../support/database.js'

/** @typedef {import('../../scripts/postgres.js').Postgres} Postgres */

// Longer than a heart may be silent.
const AWAY = 21_000
const RUNNING = 50

test('a database that changes hands', (t) =>
  withJournal(({ file, entries }) =>
    withPair(async ({ first, second, hosts, replayed, disconnect }) => {
      const queues = { journal: { limit: RUNNING + 10, poll_interval: 500 } }
      const options = { queues, logger: /** @type {const} */ (false), lifeline: { interval: 5000 } }
      // One asks for a server that takes writes, the other takes the first that lets it in.
      const choosy = await EramEngine.start({ ...options, url: `${hosts}?target_session_attrs=read-write`, name: 'choosy', node: 'choosy' })
      const easy = await EramEngine.start({ ...options, url: hosts, name: 'easy', node: 'easy' })
      /** @type {any[]} */
      const events = []
      for (const engine of [choosy, easy]) engine.on('*', (event) => events.push(event))
      const never = /^(job:lost|job:rescued|job:exception|producer:lost|thread:exit)$/
      const bad = () => events.filter(({ event }) => never.test(event))
      let primary = first
      /** @param {number} count @param {number} ms */
      const begin = async (count, ms) => {
        const jobs = await choosy.enqueueAll(Array.from({ length: count }, () => JournalJob.new({ file, ms })))
        const ids = jobs.map(({ id }) => Number(id))
        const server = await sql(primary.url)
        await until(async () =>
          assert.deepEqual(await server.rows(`SELECT id FROM eram_jobs WHERE id = ANY ($1) AND state = 'available'`, [ids]), []),
        )
        await server.end()
        return ids
      }
      /** @param {number[]} ids */
      const completed = async (ids) => {
        const server = await sql(primary.url)
        try {
          return await until(
            async () => {
              const rows = await server.rows(
                'SELECT id::int, state, attempt, errors, attempted_by[1] AS node FROM eram_jobs WHERE id = ANY ($1)',
                [ids],
              )
              assert.deepEqual([rows.length, rows.filter(({ state }) => state !== 'completed')], [ids.length, []])
              return rows
            },
            { timeout: 60_000, interval: 100 },
          )
        } finally {
          await server.end()
        }
      }
      /** @param {number[]} ids */
      const timesOf = async (ids) => {
        const done = (await entries()).map(({ job }) => job)
        return ids.map((id) => done.filter((it) => it === id).length)
      }

      try {
        await t.test('while only the standby answers, jobs run on; their outcomes are written when the primary is back', async () => {
          const ids = await begin(RUNNING, AWAY / 2)
          await first.kill()
          await sleep(AWAY)
          assert.deepEqual(await timesOf(ids), Array(RUNNING).fill(1))
          await first.up()
          const rows = await completed(ids)
          assert.deepEqual(
            rows.filter(({ attempt, errors }) => attempt !== 1 || errors.length > 0),
            [],
          )
          assert.deepEqual(await timesOf(ids), Array(RUNNING).fill(1))
          assert.deepEqual(bad(), [])
          // Both have found the one that takes writes.
          for (const engine of [choosy, easy]) {
            const { id } = await engine.enqueue(JournalJob, { file })
            await completed([Number(id)])
            await until(async () => assert.equal((await engine.status()).listening, true))
          }
        })

        await t.test('a standby that takes over goes on with what it has; what it had not received is done again', async () => {
          const ids = await begin(RUNNING, 4000)
          await replayed()
          await disconnect()
          // Written by the first server, and never known to the second.
          const unknown = await begin(1, 0)
          await completed(ids.slice(0, 1))
          const forgotten = ids.slice(0, 1)
          const rest = ids.slice(1)
          await first.kill()
          const standby = await sql(second.url)
          await standby.rows('SELECT pg_promote()')
          primary = second
          await completed(ids)
          assert.deepEqual(await standby.rows('SELECT FROM eram_jobs WHERE id = ANY ($1)', [unknown]), [])
          await standby.end()
          const [times = 0] = await timesOf(forgotten)
          assert.equal(times, 2)
          for (const times of await timesOf(rest)) assert.ok(times <= 2)
          assert.deepEqual(bad(), [])
        })

        await t.test('a server that takes no writes for a while costs no job its attempt', async () => {
          const ids = await begin(RUNNING, AWAY / 2)
          const admin = await sql(second.url)
          await admin.rows('ALTER SYSTEM SET default_transaction_read_only = on')
          await admin.rows('SELECT pg_reload_conf()')
          // Whoever enqueues is told.
          await until(() => assert.rejects(choosy.enqueue(JournalJob, { file }), { code: 'ERAM_UNAVAILABLE' }))
          await until(() => assert.rejects(easy.enqueue(JournalJob, { file }), { code: 'ERAM_DATABASE', message: /read-only/ }))
          await sleep(AWAY)
          assert.deepEqual(await timesOf(ids), Array(RUNNING).fill(1))
          await admin.rows('SET default_transaction_read_only = off')
          await admin.rows('ALTER SYSTEM RESET default_transaction_read_only')
          await admin.rows('SELECT pg_reload_conf()')
          await admin.end()
          // Somebody who has seen nothing of all that, and finds everybody silent.
          const newcomer = await EramEngine.start({ ...options, url: hosts, name: 'newcomer', node: 'newcomer' })
          newcomer.on('*', (event) => events.push(event))
          const rows = await completed(ids)
          assert.deepEqual(
            rows.filter(({ attempt, errors }) => attempt !== 1 || errors.length > 0),
            [],
          )
          assert.deepEqual(await timesOf(ids), Array(RUNNING).fill(1))
          // Two looks of its lifeline.
          await sleep(10_000)
          assert.deepEqual(bad(), [])
          await newcomer.stop({ grace: 0 })
        })
      } finally {
        await Promise.all([choosy, easy].map((engine) => engine.stop({ grace: 0 })))
      }
    }),
  ))

/**
 * A primary and its standby, which streams.
 *
 * @typedef {object} Pair
 * @property {Postgres} first
 * @property {Postgres} second
 * @property {string} hosts the address of both
 * @property {() => Promise<void>} replayed resolves when the standby has what is committed now
 * @property {() => Promise<void>} disconnect the standby receives nothing more
 */

/** @param {(pair: Pair) => Promise<void>} test */
async function withPair(test) {
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
