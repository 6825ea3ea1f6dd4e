// No server takes writes for longer than a node may be silent: the primary is away while its standby answers, or is read-only.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { JournalJob } from '../crash/programs/journal.js'
import { sql, until } from '../support/database.js'
import { assertUndisturbed, RUNNING, withEngines } from './failover/engines.js'

/** Longer than the 20 s after which a silent node counts as gone. */
const AWAY = 21_000
const ONCE = Array(RUNNING).fill(1)

test('while only the standby answers, jobs run on; their outcomes are written when the primary is back', () =>
  withEngines(async ({ selective, any, file, begin, completed, runs, faults }, { first }) => {
    const ids = await begin(RUNNING, AWAY / 2)
    await first.kill()
    await sleep(AWAY)
    assert.deepEqual(await runs(ids), ONCE)
    await first.up()
    assertUndisturbed(await completed(ids))
    assert.deepEqual(await runs(ids), ONCE)
    assert.deepEqual(faults(), [])
    // Both have found the server that takes writes.
    for (const engine of [selective, any]) {
      const { id } = await engine.enqueue(JournalJob, { file })
      await completed([Number(id)])
      await until(async () => assert.equal((await engine.status()).listening, true))
    }
  }))

test('a server that takes no writes for a while costs no job its attempt', () =>
  withEngines(async ({ selective, any, file, startAnother, begin, completed, runs, faults }, { first }) => {
    const ids = await begin(RUNNING, AWAY / 2)
    const admin = await sql(first.url)
    await admin.rows('ALTER SYSTEM SET default_transaction_read_only = on')
    await admin.rows('SELECT pg_reload_conf()')
    await until(() => assert.rejects(selective.enqueue(JournalJob, { file }), { code: 'ERAM_UNAVAILABLE' }))
    await until(() => assert.rejects(any.enqueue(JournalJob, { file }), { code: 'ERAM_DATABASE', message: /read-only/ }))
    await sleep(AWAY)
    assert.deepEqual(await runs(ids), ONCE)
    await admin.rows('SET default_transaction_read_only = off')
    await admin.rows('ALTER SYSTEM RESET default_transaction_read_only')
    await admin.rows('SELECT pg_reload_conf()')
    await admin.end()
    // A node that has seen nothing of this finds all the others silent.
    await startAnother('newcomer')
    assertUndisturbed(await completed(ids))
    assert.deepEqual(await runs(ids), ONCE)
    // Two looks of its lifeline.
    await sleep(10_000)
    assert.deepEqual(faults(), [])
  }))
