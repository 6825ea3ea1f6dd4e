// A role without any grant can notify on every channel: PostgreSQL has no privilege for that. It changes nothing but how often
// nodes look.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { sql, until, withSchema } from '../support/database.js'
import { MainJob } from '../support/fixtures/jobs.js'
import { startStatementCounter } from '../support/statements.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const CHANNELS = ['insert', 'stage', 'leader', 'signal', 'message', 'events']

/** The statements of two nodes, for all kinds of looks together, that a flood of 60,000 notifications leads to at most. */
const MOST_STATEMENTS = 3000

/** Connects as a role that may do nothing but that. @param {Schema} schema @param {(client: Awaited<ReturnType<typeof sql>>) => Promise<void>} scenario */
async function asStranger({ rows, url, prefix }, scenario) {
  const role = `nobody_${prefix}`
  await rows(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`)
  try {
    const own = new URL(url)
    own.username = role
    own.password = 'secret'
    const stranger = await sql(own.href)
    try {
      await scenario(stranger)
    } finally {
      await stranger.end()
    }
  } finally {
    await rows(`DROP ROLE ${role}`)
  }
}

/**
 * Two nodes with jobs, a leader, listeners, a wait and a role without grants.
 * @param {(world: { a: EramEngine, b: EramEngine, schema: Schema, stranger: Awaited<ReturnType<typeof sql>>, received: any[], count: () => number }) => Promise<void>} scenario
 */
const withWorld = (scenario) =>
  withSchema(async (schema) => {
    const counter = await startStatementCounter(schema.url)
    const common = { url: counter.url, prefix: schema.prefix, logger: /** @type {false} */ (false), queues: { main: 5, spare: 1 } }
    const a = await EramEngine.start({ ...common, node: 'one' })
    // The first of a name takes the calls of classes.
    const b = await EramEngine.start({ ...common, name: 'second', node: 'two' })
    try {
      /** @type {any[]} */
      const received = []
      for (const engine of [a, b]) {
        await engine.listen('prices', (payload) => received.push(payload))
        engine.on('job:stop', (event) => event.node === 'mallory' && received.push(event), { scope: 'cluster' })
      }
      await until(async () => assert.deepEqual([(await a.leader())?.me, (await b.leader())?.me], [true, true]))
      await asStranger(schema, (stranger) => scenario({ a, b, schema, stranger, received, count: counter.count }))
    } finally {
      await Promise.all([a.stop({ grace: 0 }), b.stop({ grace: 0 })])
      counter.stop()
    }
  })

/** @param {EramEngine} engine */
const served = async (engine) => Object.keys((await engine.status()).queues).sort()

/** What must not change. @param {Schema} schema @param {EramEngine[]} engines @param {number[]} ids */
const state = async (schema, engines, ids) => ({
  jobs: await schema.rows('SELECT id, state, attempt, cancel_requested_at, attempted_by FROM eram_jobs WHERE id = ANY ($1) ORDER BY id', [
    ids,
  ]),
  leaders: await schema.rows('SELECT name, owner, started_at FROM eram_peers ORDER BY name'),
  producers: await schema.rows('SELECT uuid, queue, job_limit, paused FROM eram_producers ORDER BY uuid'),
  settings: await schema.rows('TABLE eram_queues'),
  crons: await schema.rows('TABLE eram_crons'),
  commands: await schema.rows('SELECT count(*)::int FROM eram_commands'),
  queues: await Promise.all(engines.map(served)),
})

/** Every kind of payload, with what really exists. @param {Schema} schema @param {number[]} ids */
async function payloads(schema, ids) {
  const [leader] = await schema.rows('SELECT name, owner FROM eram_peers')
  const everywhere = ['*', 'one', 'two']
  const event = {
    event: 'job:stop',
    job: { id: ids[0], worker: 'MainJob', queue: 'main', attempt: 1, state: 'completed' },
    state: 'success',
  }
  const hostile = { isolation: 'process', exec_argv: ['--import', 'data:text/javascript,process.exit(1)'] }
  const texts = [
    ...['wake', 'start', 'stop'].map((action) => ({ action, queue: 'main', node: '*', options: hostile, grace: 0 })),
    ...everywhere.flatMap((node) => [
      { action: 'start', queue: 'late', node, options: {} },
      { action: 'stop', queue: 'spare', node, grace: 0 },
      { action: 'queues', node, queue: 'main', paused: true, limit: 1 },
      { action: 'commands', node },
    ]),
    ...['cancel', 'await', 'ended', 'retry', 'delete', 'pause'].map((action) => ({ action, ids, from: 'x', queue: 'main' })),
    { action: 'ended', ids: Array.from({ length: 1000 }, (_, n) => n) },
    { action: 'await', ids: Array.from({ length: 1000 }, (_, n) => n * 1000), from: 'x' },
    ...['rouse', 'crons', 'resign'].map((action) => ({ action })),
    { action: 'message', id: 'x', channel: 'prices', node: 'one', payload: 'forged' },
    { channel: 'prices', node: 'one', payload: 'forged' },
    { down: leader.name, owner: leader.owner },
    { from: 'x', node: 'mallory', events: [event], dropped: 0 },
    { action: 'start' },
    { action: null },
  ].map((it) => JSON.stringify(it))
  return [
    ...texts,
    '',
    'main',
    'spare',
    'unknown',
    'null',
    '{',
    '\u0001',
    'x'.repeat(7999),
    '['.repeat(7999),
    `{"action":${'['.repeat(7900)}`,
  ]
}

describe('a role without any grant', () => {
  test('changes nothing with 10,000 notifications on each channel, and the looks that they cause are few', () =>
    withWorld(async ({ a, b, schema, stranger, received, count }) => {
      const running = await MainJob.enqueue({ action: 'wait' })
      const later = await MainJob.enqueue({ action: 'return' }, { schedule_in: '1 hour' })
      await until(async () => assert.equal((await a.jobs.find(running.id))?.state, 'executing'))
      let isOver = false
      const over = b.jobs.wait(running.id).finally(() => {
        isOver = true
      })
      // If the test fails before its end.
      over.catch(() => {})
      const ids = [running.id, later.id]
      const before = await state(schema, [a, b], ids)
      const texts = await payloads(schema, ids)
      const counted = count()
      // One transaction each, or equal ones would be merged.
      const flood = stranger.client.query(`DO $flood$
        DECLARE
          texts text[] := ARRAY[${texts.map((text) => stranger.client.escapeLiteral(text)).join(', ')}];
        BEGIN
          SET synchronous_commit = off;
          FOR n IN 1..10000 LOOP
            ${CHANNELS.map((name, at) => `PERFORM pg_notify('${schema.prefix}.eram_${name}', texts[1 + (n + ${at}) % array_length(texts, 1)]);`).join('\n')}
            COMMIT;
          END LOOP;
        END $flood$`)
      const meanwhile = await MainJob.enqueue({ action: 'return', value: 1 })
      assert.equal((await a.jobs.wait(meanwhile.id)).result, 1)
      await flood
      await a.notify('prices', 'true')
      await until(() => assert.deepEqual(received, ['true', 'true']))
      const statements = count() - counted
      assert.ok(statements < MOST_STATEMENTS, `${statements} statements`)
      assert.deepEqual(await state(schema, [a, b], ids), before)
      assert.equal(isOver, false)
      await b.jobs.cancel(running.id)
      assert.equal((await over).state, 'cancelled')
    }))

  test('overhears no message and no event, only that there was one', () =>
    withWorld(async ({ a, schema, stranger, received }) => {
      /** @type {(string | undefined)[]} */
      const overheard = []
      stranger.client.on('notification', ({ channel, payload }) => overheard.push(`${channel} ${payload}`))
      for (const name of CHANNELS) await stranger.client.query(`LISTEN "${schema.prefix}.eram_${name}"`)
      const job = await MainJob.enqueue({ action: 'return', secret: 'in args' })
      await a.jobs.wait(job.id)
      await a.notify('prices', { secret: 'in a message' })
      await schema.row(`SELECT eram_notify('prices', '{"secret": "in SQL"}')`)
      await until(() => assert.equal(received.length, 4))
      await until(() => assert.ok(overheard.some((text) => text?.includes('.eram_message'))))
      assert.doesNotMatch(overheard.join('\n'), /secret|prices|in args/)
      for (const table of ['eram_messages', 'eram_commands', 'eram_jobs']) {
        await assert.rejects(stranger.rows(`TABLE "${schema.prefix}".${table}`), { code: '42501' })
      }
      await assert.rejects(stranger.rows(`SELECT "${schema.prefix}".eram_notify('prices', '1')`), { code: '42501' })
    }))

  test('cannot do what a command of another node does', () =>
    withWorld(async ({ a, b, schema, stranger }) => {
      const notify = (/** @type {object} */ signal) =>
        stranger.rows('SELECT pg_notify($1, $2)', [`${schema.prefix}.eram_signal`, JSON.stringify(signal)])
      await notify({ action: 'start', queue: 'late', node: '*', options: {} })
      await notify({ action: 'stop', queue: 'spare', node: '*', grace: 0 })
      await a.startQueue({ queue: 'fine', node: 'two', limit: 1 })
      await until(async () => assert.deepEqual(await served(b), ['fine', 'main', 'spare']))
      assert.deepEqual(await served(a), ['main', 'spare'])
      await a.stopQueue({ queue: 'spare', node: '*' })
      await until(async () => assert.deepEqual([await served(a), await served(b)], [['main'], ['fine', 'main']]))
    }))
})
