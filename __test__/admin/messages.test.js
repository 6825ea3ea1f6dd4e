// Messages between nodes, on channels of the users'.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine, EramError } from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'
import { createHarness, withEngine } from '../support/fixtures/engine.js'
import { MessengerJob } from '../support/fixtures/messenger.js'

/**
 * Two engines, as on two nodes.
 * @param {Record<string, any>} options  of the second
 * @param {(a: EramEngine, b: EramEngine, schema: import('../support/database.js').Schema) => Promise<void>} scenario
 */
const pair = (options, scenario) =>
  withSchema(async (schema) => {
    const url = `${schema.url}?application_name=${schema.prefix}`
    const common = { url, prefix: schema.prefix, logger: /** @type {false} */ (false) }
    const a = await EramEngine.start({ ...common, name: 'a', node: 'one' })
    const b = await EramEngine.start({ ...common, name: 'b', node: 'two', ...options })
    try {
      await scenario(a, b, schema)
    } finally {
      await Promise.all([a.stop(), b.stop()])
    }
  })

/**
 * What comes on a channel.
 * @param {EramEngine} engine
 * @param {string} channel
 * @param {{ scope?: 'cluster' | 'local' }} [options]
 */
async function hearing(engine, channel, options) {
  /** @type {any[]} */
  const received = []
  const off = await engine.listen(channel, (payload, { node }) => received.push([payload, node]), options)
  return { received, off }
}

describe('a message', () => {
  test('reaches every node that listens on its channel, as it was sent', () =>
    pair({}, async (a, b) => {
      const here = await hearing(a, 'prices')
      const there = await hearing(b, 'prices')
      const payload = { z: [1.5, null, 'ä\n'], a: 9007199254740991, at: new Date(0) }
      await a.notify('other', 1)
      await a.notify('prices', payload)
      await a.notify('prices')
      const sent = [
        [{ ...payload, at: '1970-01-01T00:00:00.000Z' }, 'one'],
        [null, 'one'],
      ]
      await until(() => assert.deepEqual([here.received, there.received], [sent, sent]))
      there.off()
      await b.notify('prices', 'last')
      await until(() => assert.equal(here.received.length, 3))
      assert.equal(there.received.length, 2)
    }))

  test('of the local scope stays in its engine, and takes no database', () =>
    pair({ notify: false }, async (a, b) => {
      const other = await hearing(a, 'c')
      const all = await hearing(b, 'c', { scope: 'local' })
      const long = 'x'.repeat(20_000)
      await b.notify('c', long, { scope: 'local' })
      await b.notify('c', 'for all')
      await until(() => assert.deepEqual(other.received, [['for all', 'two']]))
      assert.deepEqual(all.received, [[long, 'two']])
    }))

  test('is sent when its transaction commits, and each of equal ones', () =>
    pair({}, async (a, b, schema) => {
      const { received } = await hearing(b, 'c')
      const { client, end } = await sql(schema.url)
      try {
        await client.query('BEGIN')
        await a.notify('c', 'undone', { tx: /** @type {any} */ (client) })
        await client.query('ROLLBACK')
        await client.query('BEGIN')
        for (const _ of [1, 2]) await a.notify('c', 'twice', { tx: /** @type {any} */ (client) })
        await a.withTransaction(/** @type {any} */ (client), () => a.notify('c', 'ambient'))
        await a.notify('c', 'at once')
        await until(() => assert.equal(received.length, 1))
        await client.query('COMMIT')
      } finally {
        await end()
      }
      await until(() => assert.equal(received.length, 4))
      assert.deepEqual(
        received.map(([payload]) => payload),
        ['at once', 'twice', 'twice', 'ambient'],
      )
    }))

  test('can be sent by a trigger or psql', () =>
    pair({}, async (a, _, schema) => {
      const { received } = await hearing(a, 'c')
      await schema.row(`SELECT eram_notify('c', '{"by": "sql"}')`)
      await until(() => assert.deepEqual(received, [[{ by: 'sql' }, null]]))
      await assert.rejects(schema.row(`SELECT eram_notify('a b', '1')`), /channel: expected 1 to 63 letters/)
      await assert.rejects(
        schema.row(`SELECT eram_notify('c', to_jsonb(repeat('x', 7500)))`),
        /expected at most 7500 bytes of JSON, got 7502/,
      )
    }))

  test('arrives again after the listening connection broke', () =>
    pair({}, async (a, b, schema) => {
      const { received } = await hearing(b, 'c')
      const { recordEvents } = createHarness(b, schema)
      const switches = recordEvents('notifier:switch')
      const cut = await schema.row(`SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity WHERE application_name = $1`, [
        `${schema.prefix} listen`,
      ])
      assert.equal(cut.count, 2)
      await until(() =>
        assert.deepEqual(
          switches.map(({ listening }) => listening),
          [false, true],
        ),
      )
      await a.notify('c', 'back')
      await until(() => assert.deepEqual(received, [['back', 'one']]))
    }))

  test('is sent from job threads and processes, which cannot listen', () =>
    withEngine({}, async ({ engine, runToCompletion }) => {
      const { received } = await hearing(engine, 'jobs')
      for (const queue of ['thread', 'process']) {
        const { state, result, errors } = await runToCompletion(MessengerJob, { say: queue }, { queue })
        assert.equal(state, 'completed', errors.at(-1)?.message)
        assert.match(result.refused, /^engine\.listen: expected the thread that started the engine, got a job thread/)
      }
      await until(() =>
        assert.deepEqual(
          received.map(([payload]) => payload),
          ['thread', 'process'],
        ),
      )
    }))
})

describe('what cannot be sent or listened to', () => {
  test('is refused with a reason', () =>
    pair({ pgbouncer: true }, async (a, b) => {
      /** @type {[() => Promise<unknown>, RegExp][]} */
      const refusals = [
        [() => a.notify('a b'), /^channel: expected 1 to 63 letters, digits and "_\.:\/-", got "a b"$/],
        [() => a.listen('', () => {}), /^channel: expected 1 to 63 letters/],
        [() => a.notify(/** @type {any} */ (3)), /^engine\.notify: channel: expected a name, got 3$/],
        [() => a.listen('c', /** @type {any} */ (undefined)), /^engine\.listen: expected a function, got undefined$/],
        [() => a.notify('c', { big: 1n }), /^payload\.big: expected .*BigInt/],
        [() => a.notify('c', { text: 'a\u0000b' }), /^payload\.text: expected .*NUL/],
        [() => a.notify('c', 'x'.repeat(7499)), /^payload: expected at most 7500 bytes of JSON, got 7501; keep the data in a table/],
        [() => a.notify('c', 1, /** @type {any} */ ({ scope: 'all' })), /^scope: expected "cluster" or "local", got "all"$/],
        [() => a.notify('c', 1, /** @type {any} */ ({ txn: 1 })), /^engine\.notify: expected tx or scope, got "txn"$/],
        [() => a.notify('c', 1, { scope: 'local', tx: /** @type {any} */ ({ query() {} }) }), /expected tx or scope "local", got both/],
        [
          () => b.listen('c', () => {}),
          /^listen: expected an engine that receives notifications, got one with notify: false, or behind a pooler/,
        ],
      ]
      for (const [call, said] of refusals) {
        await assert.rejects(call, (/** @type {EramError} */ error) => {
          assert.ok(error instanceof EramError)
          assert.equal(error.code, 'ERAM_CONFIG')
          assert.match(error.message, said)
          return true
        })
      }
      // Behind a pooler one can still speak.
      const { received } = await hearing(a, 'c')
      await b.notify('c', 'hello')
      await until(() => assert.deepEqual(received, [['hello', 'two']]))
    }))

  test('a listener that throws does not affect the others', () =>
    withEngine({}, async ({ engine, recordEvents }) => {
      const complaints = recordEvents('listener:exception')
      await engine.listen('c', () => {
        throw new Error('deaf')
      })
      const { received } = await hearing(engine, 'c')
      await engine.notify('c', 1)
      await until(() => assert.deepEqual([received.length, complaints.length], [1, 1]))
      assert.match(complaints[0].message, /a listener of message threw Error: deaf/)
    }))

  test('an engine with notify: false wakes no other engine when it enqueues', () =>
    pair({ notify: false }, async (a, b, schema) => {
      const { client, end } = await sql(schema.url)
      /** @type {string[]} */
      const logged = []
      client.on('notification', ({ payload }) => logged.push(payload ?? ''))
      try {
        await client.query(`LISTEN "${schema.prefix}.eram_insert"`)
        for (const queue of ['direct', 'bulk', 'tx']) {
          // A node relies on notifications for it.
          await client.query(`SELECT pg_advisory_lock("${schema.prefix}".eram_queue_key($1))`, [queue])
        }
        const draft = (/** @type {string} */ queue) => ({ worker: 'Unknown', queue })
        for (const engine of [b, a]) {
          await engine.enqueue('Unknown', {}, { queue: 'direct' })
          await engine.enqueueAll([draft('bulk')])
          await schema.client.query('BEGIN')
          await engine.enqueue('Unknown', {}, { queue: 'tx', tx: /** @type {any} */ (schema.client) })
          await schema.client.query('COMMIT')
        }
        await until(() => assert.deepEqual(logged, ['direct', 'bulk', 'tx']))
      } finally {
        await end()
      }
    }))
})
