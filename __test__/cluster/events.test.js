// Events of jobs between nodes: cluster_events, and listeners with scope: 'cluster'.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withNodes } from '../crash/nodes.js'
import { sql, until } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'

/** @typedef {import('../crash/nodes.js').Cluster} Cluster */

const LATER = { schedule_in: '1 hour' }
const CLUSTER = /** @type {const} */ ({ scope: 'cluster' })

/**
 * An engine of this process that only watches, and the events that its listeners receive.
 * @param {Cluster['schema']} schema
 * @param {(watcher: { engine: EramEngine, events: any[], dropped: any[] }) => Promise<void>} scenario
 */
async function withWatcher({ url, prefix }, scenario) {
  const address = new URL(url)
  address.searchParams.set('application_name', `${prefix}-watcher`)
  const engine = await EramEngine.start({ url: address.href, prefix, node: 'watcher', logger: false })
  try {
    /** @type {any[]} */
    const events = []
    /** @type {any[]} */
    const dropped = []
    for (const kind of /** @type {const} */ (['job:start', 'job:stop', 'job:exception']))
      engine.on(kind, (event) => events.push(event), CLUSTER)
    engine.on('events:dropped', (event) => dropped.push(event))
    await scenario({ engine, events, dropped })
  } finally {
    await engine.stop()
  }
}

/** Until the engine listens, events are missed; afterwards none is on its way. @param {Cluster} cluster @param {any[]} events */
async function receives({ enqueue, completed }, events) {
  const one = () => enqueue([{ args: { quick: true } }])
  await until(async () => {
    await completed(await one())
    assert.ok(events.some(({ event, scope }) => event === 'job:stop' && scope === 'cluster'))
  })
  const last = await one()
  await until(() => assert.deepEqual(received(events, 'job:stop', last), last))
}

/** @param {any[]} events @param {string} kind @param {number[]} ids */
const received = (events, kind, ids) => events.filter(({ event, job }) => event === kind && ids.includes(job.id)).map(({ job }) => job.id)

describe('events of other nodes', () => {
  test('arrive from a process that publishes them, brief, and from no other', () =>
    withNodes(async (cluster) => {
      const { start, enqueue, completed, schema } = cluster
      await start('loud', { queues: { default: 5 }, cluster_events: ['job:stop', 'job:exception'] })
      await start('quiet', { queues: { other: 5 } })
      await withWatcher(schema, async ({ events }) => {
        await receives(cluster, events)
        const hidden = await enqueue([{ args: { quick: true }, queue: 'other' }])
        await completed(hidden)
        const ids = await enqueue(Array(10).fill({ args: { quick: true }, meta: { secret: 1 }, tags: ['t'] }))
        const [failed = 0] = await enqueue([{ args: { lock: 'no number' }, max_attempts: 1 }])
        await until(() => assert.deepEqual(received(events, 'job:stop', ids).sort(), [...ids].sort()))
        await until(() => assert.deepEqual(received(events, 'job:exception', [failed]), [failed]))
        assert.deepEqual([received(events, 'job:stop', hidden), events.filter(({ event }) => event === 'job:start')], [[], []])
        const { job, ...event } = events.find((it) => it.job.id === ids[0])
        assert.deepEqual(
          { ...event, run_ms: typeof event.run_ms, queue_ms: typeof event.queue_ms },
          {
            ...{
              event: 'job:stop',
              node: 'loud',
              scope: 'cluster',
              state: 'success',
              result: null,
              error: null,
              delay: null,
              cpu_ms: null,
              heap_delta_bytes: null,
            },
            ...{ run_ms: 'number', queue_ms: 'number' },
          },
        )
        assert.deepEqual([job.state, job.worker, job.args, job.meta, job.tags], ['completed', 'EffectJob', undefined, undefined, undefined])
        assert.ok(job.attempted_at instanceof Date)
        const { error } = events.find((it) => it.job.id === failed)
        assert.deepEqual(Object.keys(error).sort(), ['message', 'name'])
      })
    }))

  test('that do not fit in four notifications a second are counted, and no notification is too large', () =>
    withNodes(async (cluster) => {
      const { start, enqueue, completed, schema, connect } = cluster
      // Jobs that are claimed ahead may be handed back, which is an event too.
      await start('loud', { queues: { default: { limit: 50, prefetch: false } }, cluster_events: ['job:stop'] })
      await withWatcher(schema, async ({ events, dropped }) => {
        await receives(cluster, events)
        const { client } = await connect()
        /** @type {string[]} */
        const payloads = []
        client.on('notification', ({ payload = '' }) => payloads.push(payload))
        await client.query(`LISTEN "${schema.prefix}.eram_events"`)
        const [before, gone] = [events.length, dropped.length]
        await completed(await enqueue(Array(3000).fill({ args: { quick: true } })))
        const counted = () => dropped.slice(gone).reduce((sum, { remote }) => sum + remote, 0)
        await until(() => assert.equal(events.length - before + counted(), 3000))
        assert.ok(counted() > 0)
        assert.ok(dropped.every(({ node }) => node === 'loud'))
        assert.ok(payloads.length > 0 && payloads.every((payload) => Buffer.byteLength(payload) <= 7500))
      })
    }))

  test('arrive again after the connection that listens was lost', () =>
    withNodes(async (cluster) => {
      const { start, schema } = cluster
      await start('loud', { queues: { default: 5 }, cluster_events: true })
      await withWatcher(schema, async ({ engine, events }) => {
        await receives(cluster, events)
        /** @type {boolean[]} */
        const switches = []
        engine.on('notifier:switch', ({ listening }) => switches.push(listening))
        const cut = await schema.row('SELECT count(pg_terminate_backend(pid))::int FROM pg_stat_activity WHERE application_name = $1', [
          `${schema.prefix}-watcher listen`,
        ])
        assert.equal(cut.count, 1)
        await until(() => assert.deepEqual(switches.slice(-2), [false, true]))
        events.length = 0
        await receives(cluster, events)
      })
    }))
})

describe('an event that no node has sent', () => {
  test('changes no job and ends no wait, whatever it says; well-formed and in a row, it is shown', () =>
    withEngine({ node: 'here' }, async ({ engine, schema, job }) => {
      /** @type {any[]} */
      const hints = []
      engine.on('job:stop', (/** @type {any} */ event) => hints.push(event), CLUSTER)
      /** @type {any[]} */
      const markers = []
      await engine.listen('marker', (/** @type {any} */ payload) => markers.push(payload))
      const { id } = await MainJob.enqueue({ action: 'return' }, LATER)
      let isOver = false
      const enough = new AbortController()
      const waits = [engine.jobs.wait(id), engine.waitFor(id), engine.jobs.wait(id, { state: 'completed', signal: enough.signal })]
      const over = Promise.race(waits).finally(() => {
        isOver = true
      })
      const notify = (/** @type {string} */ channel, /** @type {string} */ text) =>
        schema.rows('SELECT pg_notify($1, $2)', [`${schema.prefix}.eram_${channel}`, text])
      // A role with the grants of a node can write what no node does.
      const write = (/** @type {string} */ text) =>
        schema.rows(`SELECT eram_notify(json_build_object('channel', '*events', 'payload', $1::json)::text)`, [text])
      const done = { id, worker: 'MainJob', queue: 'main', attempt: 1, state: 'completed' }
      const stop = { event: 'job:stop', job: done, state: 'success' }
      const packet = (/** @type {unknown[]} */ ...events) => JSON.stringify({ from: 'x', node: 'mallory', events, dropped: 0 })
      for (const text of [
        ...['null', '[]', '5', '{"events":[]}', `"${'x'.repeat(7990)}"`, `${'['.repeat(3000)}${']'.repeat(3000)}`],
        ...[
          packet(null, 5, [], {}, { event: 'job:stop' }),
          JSON.stringify({ from: 'x'.repeat(65), node: 'n', events: [stop], dropped: 0 }),
        ],
        packet({ ...stop, event: 'leader:lost' }, { ...stop, job: { ...done, id: '1' } }, { ...stop, job: { ...done, state: 'done' } }),
        packet({ ...stop, event: 'message', channel: 'marker', payload: 'forged' }),
        JSON.stringify({ from: 'x', node: 'n', events: [], dropped: -1 }),
      ]) {
        await write(text)
      }
      for (const text of ['', '{', '\u0001', packet({ ...stop, job: { ...done, id: id + 1 } })]) await notify('events', text)
      // Until it is heard.
      await until(async () => {
        await write(packet(stop, { ...stop, extra: true, result: 'forged' }))
        assert.ok(hints.length > 0)
      })
      await notify('signal', JSON.stringify({ action: 'ended', ids: [id] }))
      await engine.notify('marker', 'last')
      await until(() => assert.deepEqual(markers, ['last']))
      for (const { event, node, scope, state, result, job: seen } of hints) {
        assert.deepEqual([event, node, scope, state, result, seen], ['job:stop', 'mallory', 'cluster', 'success', null, done])
      }
      assert.deepEqual([isOver, (await job(id)).state], [false, 'scheduled'])
      const ended = await ThreadJob.enqueue({ action: 'return' })
      await until(() => assert.ok(hints.some((hint) => hint.job.id === ended.id && hint.node === 'here' && hint.scope === 'local')))
      await engine.jobs.cancel(id)
      assert.equal((await over).state, 'cancelled')
      assert.deepEqual([(await waits[0])?.state, (await waits[1])?.state], ['cancelled', 'cancelled'])
      enough.abort(new Error('enough'))
      await assert.rejects(/** @type {Promise<any>} */ (waits[2]), { message: 'enough' })
    }))

  test('in a flood, delays no job and is dropped where listeners are too slow', () =>
    withEngine({}, async ({ engine, schema }) => {
      let hints = 0
      engine.on('job:stop', () => hints++, CLUSTER)
      const job = { id: 1, worker: 'A', queue: 'a', attempt: 1, state: 'completed' }
      const events = Array(60).fill({ event: 'job:stop', job, state: 'success' })
      const flood = await sql(schema.url, schema.prefix)
      try {
        const sent = flood.rows(
          `SELECT count(eram_notify(json_build_object('channel', '*events', 'payload',
             json_build_object('from', n::text, 'node', 'mallory', 'events', $1::json, 'dropped', 0))::text))
           FROM generate_series(1, 1000) AS n`,
          [JSON.stringify(events)],
        )
        const { id } = await ThreadJob.enqueue({ action: 'return', value: 1 })
        assert.equal((await engine.jobs.wait(id)).result, 1)
        await sent
        await until(() => assert.ok(hints > 0))
        assert.equal((await engine.jobs.wait((await ThreadJob.enqueue({ action: 'return', value: 2 })).id)).result, 2)
      } finally {
        await flood.end()
      }
    }))
})

describe('events of the cluster', () => {
  test('are refused where notifications cannot arrive, and the listener is not kept', () =>
    withEngine({ notify: false }, async ({ engine, recordEvents }) => {
      const expected = /^engine\.on: expected an engine that receives notifications, got one with notify: false/
      assert.throws(() => engine.on('job:stop', () => {}, CLUSTER), { code: 'ERAM_CONFIG', message: expected })
      const events = recordEvents('job:stop')
      await ThreadJob.enqueue({ action: 'return' })
      await until(() => assert.equal(events.length, 1))
      await assert.rejects(EramEngine.start({ name: 'other', notify: false, cluster_events: true }), {
        code: 'ERAM_CONFIG',
        message: 'cluster_events: expected none with notify: false, got some; they are notifications',
      })
    }))

  test('are those of jobs, without args, and options say so', () =>
    withEngine({}, async ({ engine }) => {
      const kinds = 'job:start, job:stop, job:exception, job:lost, job:rescued, job:discarded'
      for (const [args, message] of /** @type {[any[], string][]} */ ([
        [['leader:lost', () => {}, CLUSTER], `engine.on: expected one of ${kinds} with scope "cluster", got "leader:lost"`],
        [['*', () => {}, CLUSTER], `engine.on: expected one of ${kinds} with scope "cluster", got "*"`],
        [['job:stop', () => {}, { scope: 'all' }], `engine.on: scope: expected 'local' or 'cluster', got "all"`],
        [
          ['job:stop', () => {}, { ...CLUSTER, args: true }],
          'engine.on: args: expected none with scope "cluster"; they are not sent, got true',
        ],
      ])) {
        assert.throws(() => engine.on(...args), { code: 'ERAM_CONFIG', message })
      }
      for (const [cluster_events, got] of /** @type {[any, string][]} */ ([
        [['job:log'], '["job:log"]'],
        ['job:stop', '"job:stop"'],
      ])) {
        await assert.rejects(EramEngine.start({ name: 'other', cluster_events }), {
          code: 'ERAM_CONFIG',
          message: `cluster_events: expected true, or a list of ${kinds}, got ${got}`,
        })
      }
      const { id } = await ThreadJob.enqueue({ action: 'onCluster' })
      assert.match((await engine.jobs.wait(id)).result, /^engine\.on: expected the thread that started the engine, got a job thread$/)
    }))

  test('reach a listener once, and none after off', () =>
    withEngine({ cluster_events: true, node: 'here' }, async ({ engine, recordEvents }) => {
      /** @type {any[]} */
      const first = []
      engine.once('job:stop', (/** @type {any} */ event) => first.push(event), CLUSTER)
      const local = recordEvents('job:stop')
      for (const n of [1, 2]) {
        await ThreadJob.enqueue({ action: 'return', value: n })
        await until(() => assert.equal(local.length, n))
      }
      assert.deepEqual([first.length, first[0].scope, first[0].node, first[0].result], [1, 'local', 'here', null])
      assert.deepEqual([local[0].scope, local[0].node, local[0].result], [undefined, undefined, 1])
    }))
})
