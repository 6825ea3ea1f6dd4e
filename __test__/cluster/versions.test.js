// Jobs that only some versions of the application may run, and the version that is written on each.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'

class Pinned extends EramJob {
  static {
    Pinned.register({ version: 'pinned', queue: 'deploys' })
  }

  async perform() {}
}

let count = 0

test('a job is pinned to the version that enqueued it, by its class, alone, in a batch and in a transaction', () =>
  withSchema(async ({ url, prefix, row }) => {
    /** @type {EramEngine[]} */
    const engines = []
    const start = async (/** @type {string} */ version) => {
      const options = { url, prefix, name: `v${count++}`, version, queues: { deploys: 2 }, heartbeat_interval: 200 }
      const engine = await EramEngine.start(options)
      engines.push(engine)
      return engine
    }
    const old = await start('1.9.0')
    const client = await sql(url, prefix)
    try {
      await old.pause('deploys')
      const alone = await old.enqueue(Pinned, {})
      const [loose, least] = await old.enqueueAll([Pinned.new({}, { version: false }), Pinned.new({}, { version: 'min' })])
      await client.rows('BEGIN')
      const inTransaction = await old.enqueue(Pinned, {}, { tx: client.client })
      await client.rows('COMMIT')
      await old.stop()

      const fresh = await start('1.10.0')
      await fresh.resume('deploys')
      /** @param {{ id: number } | undefined} job */
      const facts = async (job) => {
        const { state, version, version_rule, attempted_version } = await row('SELECT * FROM eram_jobs WHERE id = $1', [job?.id])
        return [state, version, version_rule, attempted_version]
      }
      await until(async () => {
        assert.deepEqual(await facts(loose), ['completed', '1.9.0', null, '1.10.0'])
        assert.deepEqual(await facts(least), ['completed', '1.9.0', 'min', '1.10.0'])
      })
      // A fetch that was in flight when the queue was paused may have claimed them: then they were handed back, uncounted.
      for (const { id } of [alone, inTransaction]) {
        const { state, version, version_rule, attempt } = await row('SELECT * FROM eram_jobs WHERE id = $1', [id])
        assert.deepEqual([state, version, version_rule, attempt], ['available', '1.9.0', 'pinned', 0])
      }
      await start('1.9.0')
      await until(async () => {
        for (const job of [alone, inTransaction]) assert.deepEqual(await facts(job), ['completed', '1.9.0', 'pinned', '1.9.0'])
      })
    } finally {
      await client.end()
      await Promise.all(engines.map((engine) => engine.stop()))
    }
  }))

test('without a version to pin it to, a job is refused before any SQL', () =>
  withSchema(async ({ url, prefix, client, rows, row }) => {
    const refusal = (/** @type {string} */ got) => ({
      code: 'ERAM_JOB',
      message: `Pinned.version: expected an engine with a version, EramEngine.start({ version: '…' }), got ${got}`,
    })
    await rows('BEGIN')
    await assert.rejects(EramEngine.enqueue(Pinned, {}, { tx: client, prefix }), refusal('no running engine'))
    assert.deepEqual(await row('SELECT 1 AS one'), { one: 1 })
    await rows('ROLLBACK')
    const engine = await EramEngine.start({ url, prefix, name: 'plain' })
    try {
      await assert.rejects(engine.enqueue(Pinned, {}), refusal('engine "plain" without one'))
      await assert.rejects(engine.enqueueAll([Pinned.new({})]), refusal('engine "plain" without one'))
      const text = 'Pinned "version_rule":"pinned"'
      assert.equal(
        (await engine.enqueue(Pinned, { text, version_rule: 'min' }, { version: false, meta: { version_rule: 'min' } })).state,
        'available',
      )
    } finally {
      await engine.stop()
    }
    for (const [draft, message] of [
      [{ version_rule: 'pinned' }, /version_rule: expected pinned or min, and a version beside it, got "pinned" with null/],
      [{ version_rule: 'same', version: '1' }, /version_rule: expected pinned or min, .* got "same" with "1"/],
      [{ version: 1 }, /version: expected a text, got 1/],
    ]) {
      await assert.rejects(rows('SELECT eram_enqueue($1)', [JSON.stringify({ worker: 'Pinned', .../** @type {object} */ (draft) })]), {
        message,
      })
    }
  }))
