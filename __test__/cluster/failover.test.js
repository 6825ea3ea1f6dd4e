// A standby takes over under running jobs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { JournalJob } from '../crash/programs/journal.js'
import { sql, until } from '../support/database.js'
import { assertUndisturbed, RUNNING, withEngines } from './failover/engines.js'

test('a short outage of the primary, while its standby answers, costs no job its attempt', () =>
  withEngines(async ({ selective, any, file, begin, completed, runs, faults }, { first }) => {
    const ids = await begin(RUNNING, 1000)
    await first.kill()
    // All have ended, and none of their outcomes can be written yet.
    await until(async () => assert.deepEqual(await runs(ids), Array(RUNNING).fill(1)))
    await first.up()
    assertUndisturbed(await completed(ids))
    assert.deepEqual(await runs(ids), Array(RUNNING).fill(1))
    assert.deepEqual(faults(), [])
    for (const engine of [selective, any]) {
      const { id } = await engine.enqueue(JournalJob, { file })
      await completed([Number(id)])
    }
  }))

test('a standby that takes over continues with what it has; what it had not received is done again', () =>
  withEngines(async ({ begin, completed, runs, faults, usePrimary }, { first, second, replayed, disconnect }) => {
    const ids = await begin(RUNNING, 4000)
    await replayed()
    await disconnect()
    // Written by the first server and never received by the second.
    const unknown = await begin(1, 0)
    await completed(ids.slice(0, 1))
    await first.kill()
    const standby = await sql(second.url)
    await standby.rows('SELECT pg_promote()')
    usePrimary(second.url)
    await completed(ids)
    assert.deepEqual(await standby.rows('SELECT FROM eram_jobs WHERE id = ANY ($1)', [unknown]), [])
    await standby.end()
    const [forgotten = 0, ...rest] = await runs(ids)
    assert.equal(forgotten, 2)
    for (const times of rest) assert.ok(times <= 2)
    assert.deepEqual(faults(), [])
  }))
