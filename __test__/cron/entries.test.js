// Cron entries in the options of an engine: how they meet the rows of the table.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { until, withSchema } from '../support/database.js'
import { CronTestJob, CronTestPinnedJob, entry, jobsOf, rewind, start, YEARLY } from './harness.js'

describe('an entry of the code', () => {
  test('keeps what was changed at runtime and takes the rest from the code', () =>
    withSchema(async (schema) => {
      const code = (/** @type {object} */ options, args = { v: 1 }) => ({
        cron: [['0 8 * * *', CronTestJob, args, { name: 'n', ...options }]],
      })
      let engine = await start(schema, code({ priority: 1 }))
      await engine.cron.update('n', { schedule: '0 9 * * *', paused: true })
      await engine.stop({ grace: 0 })
      engine = await start(schema, code({ priority: 2, timezone: 'Europe/Berlin' }, { v: 2 }))
      const row = await entry(engine, 'n')
      assert.deepEqual(
        [row.expression, row.paused, row.timezone, row.args, row.options, row.source],
        ['0 9 * * *', true, 'Europe/Berlin', { v: 2 }, { priority: 2 }, 'code'],
      )
      // Deleted, it comes back as the code has it.
      await engine.cron.delete('n')
      assert.equal(await entry(engine, 'n'), undefined)
      await engine.stop({ grace: 0 })
      engine = await start(schema, code({}))
      const { expression, paused } = await entry(engine, 'n')
      assert.deepEqual([expression, paused], ['0 8 * * *', false])
      await engine.stop({ grace: 0 })
    }))

  test('stops ticking when no node has it any more, and continues where it was when one has it again', () =>
    withSchema(async (schema) => {
      const first = await start(schema, { cron: [[YEARLY, CronTestJob, {}, { name: 'gone', guaranteed: true }]] })
      await first.cron.insert([YEARLY, CronTestJob, {}, { name: 'runtime', guaranteed: true }])
      await first.stop({ grace: 0 })
      await schema.rows(`UPDATE eram_crons SET seen_at = now() - interval '4 minutes'`)
      let engine = await start(schema, { cron: [[YEARLY, CronTestJob, {}, { name: 'here', guaranteed: true }]] })
      for (const name of ['gone', 'runtime', 'here']) await rewind(schema, name)
      await until(async () => {
        for (const name of ['here', 'runtime']) assert.equal((await jobsOf(schema, name)).length, 1)
      })
      assert.equal((await jobsOf(schema, 'gone')).length, 0)
      const { active, next_at } = await entry(engine, 'gone')
      assert.deepEqual([active, next_at], [false, null])
      await engine.stop({ grace: 0 })

      engine = await start(schema, { cron: [[YEARLY, CronTestJob, {}, { name: 'gone', guaranteed: true }]] })
      await until(async () => assert.equal((await jobsOf(schema, 'gone')).length, 1))
      await engine.stop({ grace: 0 })
    }))

  test('does not tick on a node with cron: false', () =>
    withSchema(async (schema) => {
      const engine = await start(schema, { cron: false })
      await engine.cron.insert([YEARLY, CronTestJob, {}, { name: 'n', guaranteed: true }])
      await rewind(schema, 'n')
      const other = await start(schema, { name: 'other', cron: false })
      await other.stop({ grace: 0 })
      assert.equal((await jobsOf(schema, 'n')).length, 0)
      const ticking = await start(schema, { name: 'ticking' })
      await until(async () => assert.equal((await jobsOf(schema, 'n')).length, 1))
      await Promise.all([engine.stop({ grace: 0 }), ticking.stop({ grace: 0 })])
    }))
})

test('an engine without a version refuses an entry whose jobs are pinned to one', () =>
  withSchema(async (schema) => {
    /** @type {[any, string][]} */
    const entries = [
      [[YEARLY, CronTestPinnedJob], "CronTestPinnedJob has version: 'pinned'"],
      [[YEARLY, CronTestJob, {}, { version: 'min' }], "CronTestJob has version: 'min'"],
      [{ schedule: YEARLY, job: 'CronTestUnknownJob', version: 'pinned' }, "CronTestUnknownJob has version: 'pinned'"],
    ]
    for (const [entry, why] of entries)
      await assert.rejects(start(schema, { cron: [[YEARLY, CronTestJob], entry] }), {
        code: 'ERAM_CONFIG',
        message: `cron[1]: expected an engine with a version, EramEngine.start({ version: '…' }), for ${why}; got none`,
      })
    const loose = [YEARLY, CronTestPinnedJob, {}, { version: false, name: 'loose' }]
    const free = await start(schema, { cron: [loose] })
    await free.stop()
    const engine = await start(schema, { version: '1', cron: [...entries.map(([entry]) => entry), loose] })
    try {
      assert.equal((await engine.cron.list()).length, 4)
    } finally {
      await engine.stop()
    }
  }))
