// Entries with @reboot, which run when a cluster starts.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until, withSchema } from '../support/database.js'
import { CronTestJob, jobsOf, rewind, start, YEARLY } from './harness.js'

/** @typedef {import('../support/database.js').Schema} Schema */

describe('@reboot', () => {
  const CRON = { heartbeat_interval: 200, cron: [['@reboot', CronTestJob, {}, { name: 'boot' }]] }

  test('runs when a cluster starts, not when a node joins or leaves', () =>
    withSchema(async (schema) => {
      const count = async () => (await jobsOf(schema, 'boot')).length
      const first = await start(schema, CRON)
      await until(async () => assert.equal(await count(), 1))
      // The first has sent a heartbeat since the second started: the cluster is not new.
      const second = await start(schema, { ...CRON, name: 'second' })
      await decided(schema, second)
      assert.equal(await count(), 1)
      await first.stop({ grace: 0 })
      await decided(schema, second)
      assert.equal(await count(), 1)
      await second.stop({ grace: 0 })
      // None is left, so the next one starts the cluster again.
      const third = await start(schema, CRON)
      await until(async () => assert.equal(await count(), 2))
      await third.stop({ grace: 0 })
    }))

  test('waits while a node may still be alive, and runs once that node turns out to be gone', () =>
    withSchema(async (schema) => {
      await schema.rows(`INSERT INTO eram_producers (uuid, name, node, queue, job_limit, started_at, updated_at)
        VALUES (gen_random_uuid(), 'default', 'killed', 'default', 1, now() - interval '1 hour', now() - interval '17 seconds')`)
      const engine = await start(schema, { ...CRON, lifeline: false })
      assert.equal((await jobsOf(schema, 'boot')).length, 0)
      await until(async () => assert.equal((await jobsOf(schema, 'boot')).length, 1))
      const { silent } = await schema.row(
        `SELECT extract(epoch FROM now() - updated_at)::int AS silent FROM eram_producers WHERE node = 'killed'`,
      )
      assert.ok(silent >= 20, `${silent} s`)
      await engine.stop({ grace: 0 })
    }))

  test('runs once for each version, in whatever order nodes start', () =>
    withSchema(async (schema) => {
      const engines = []
      for (const [name, version, expected] of [
        ['a', '1', 1],
        ['b', '1', 1],
        ['c', '2', 2],
        ['d', '1', 2],
        ['e', '2', 2],
      ]) {
        const engine = await start(schema, { ...CRON, name, version })
        engines.push(engine)
        await until(async () => assert.equal((await jobsOf(schema, 'boot')).length, expected))
        await decided(schema, engine)
      }
      const versions = (await jobsOf(schema, 'boot')).map(({ version }) => version)
      assert.deepEqual(versions, ['1', '2'])
      await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
    }))

  test('runs once when many nodes start a cluster together', () =>
    withSchema(async (schema) => {
      const engines = await Promise.all(['a', 'b', 'c', 'd'].map((name) => start(schema, { ...CRON, name })))
      await until(async () => assert.equal((await jobsOf(schema, 'boot')).length, 1))
      for (const engine of engines) await decided(schema, engine)
      assert.equal((await jobsOf(schema, 'boot')).length, 1)
      await Promise.all(engines.map((engine) => engine.stop({ grace: 0 })))
    }))

  /**
   * Resolves when the engine has decided about its start: all others have sent a heartbeat since, and it has looked at all
   * entries after that.
   * @param {Schema} schema
   * @param {any} engine
   */
  async function decided(schema, engine) {
    await until(async () => {
      const { alive } = await schema.row(
        `SELECT bool_and(updated_at > (SELECT max(started_at) FROM eram_producers WHERE name = $1)) AS alive
         FROM eram_producers WHERE name <> $1`,
        [engine.name],
      )
      assert.notEqual(alive, false)
    })
    /** @type {string[]} */
    const made = []
    engine.on('cron:insert', (/** @type {any} */ { name }) => made.push(name))
    await engine.cron.upsert([YEARLY, CronTestJob, {}, { name: 'probe', guaranteed: true }])
    await until(async () => {
      await rewind(schema, 'probe')
      assert.ok(made.includes('probe'))
    })
  }
})
