// engine.history(): charts of the cluster, from rows as nodes and the leader write them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

/** One value of 3 µs, and one of 40 µs. */
const SHORT = '1 3 3 3 1'
const LONG = '1 14 14 14 1'

/** @param {Schema} schema @param {(engine: any) => Promise<void>} scenario @param {object} [options] */
async function withHistory({ url, prefix }, scenario, options) {
  const engine = await EramEngine.start({ url, prefix, logger: false, ...options })
  try {
    await scenario(engine)
  } finally {
    await engine.stop()
  }
}

/**
 * Writes a row of ten seconds whose bucket begins so many seconds before the running minute.
 * @param {Schema} schema @param {string} node @param {number} before @param {object} data @param {number} [step]
 */
const write = ({ rows }, node, before, data, step = 10) =>
  rows(
    `INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
     VALUES ($1, date_trunc('minute', now()) - make_interval(secs => $2), 'default', $3,
       CASE WHEN $3 = '*' THEN '00000000-0000-0000-0000-000000000000' ELSE gen_random_uuid() END, $4)`,
    [step, before, node, JSON.stringify(data)],
  )

/** @param {string} queue @param {string} worker @param {number} success @param {string} run */
const series = (queue, worker, success, run) => [queue, worker, [success, 0, 1, 0, 0, 0, 0, 0, 7], run, '', run]

/** The points of a chart, without those in which nothing was measured. @param {(number | null)[]} points */
const measured = (points) => points.filter((point) => point !== null)

describe('engine.history()', () => {
  test('adds up what all nodes have counted, by queue, class, state or node', () =>
    withSchema(async (schema) => {
      await write(schema, 'one', 120, { v: 1, s: [series('mail', 'A', 4, SHORT), series('push', 'B', 1, LONG)] })
      await write(schema, 'two', 120, { v: 1, s: [series('mail', 'A', 2, LONG)] })
      await write(schema, 'two', 60, { v: 1, s: [series('mail', 'B', 1, SHORT)] })
      await withHistory(schema, async (engine) => {
        const { t0, step, series, other, late_ms, skipped, disabled } = await engine.history({
          metric: 'executed',
          group: 'queue',
          window: '10m',
        })
        assert.ok(t0 instanceof Date && t0.getTime() % 10_000 === 0)
        assert.deepEqual([step, other, skipped, disabled], [10, null, 0, false])
        assert.ok(late_ms >= 50_000, String(late_ms))
        assert.deepEqual(
          series.map((/** @type {any} */ { key, points, total }) => [key, measured(points), total, points.length]),
          [
            ['mail', [8, 2], 10, 60],
            ['push', [2, 0], 2, 60],
          ],
        )
        const totals = async (/** @type {object} */ query) =>
          (await engine.history({ window: '10m', ...query })).series.map((/** @type {any} */ it) => [it.key, it.total])
        assert.deepEqual(await totals({ metric: 'executed', group: 'worker' }), [
          ['A', 8],
          ['B', 4],
        ])
        assert.deepEqual(await totals({ metric: 'executed', group: 'state' }), [
          ['success', 8],
          ['discard', 4],
        ])
        assert.deepEqual(await totals({ metric: 'failed', group: 'node' }), [
          ['one', 2],
          ['two', 2],
        ])
        assert.deepEqual(await totals({ metric: 'enqueued' }), [['enqueued', 28]])
        assert.deepEqual(await totals({ metric: 'enqueued', agg: 'rate' }), [['enqueued', 1.4]])
        assert.deepEqual(await totals({ metric: 'run', agg: 'p50' }), [['run', 0.003]])
        assert.deepEqual(await totals({ metric: 'wait', agg: 'max', filter: { queue: 'mail', node: 'one' } }), [['wait', 0.003]])
        const top = await engine.history({ metric: 'executed', group: 'queue', window: '10m', top: 1 })
        assert.deepEqual([top.series.map((/** @type {any} */ it) => it.key), measured(top.other)], [['mail'], [2, 0]])
      })
    }))

  test('shows samples of the leader, and rows of minutes and hours in longer windows', () =>
    withSchema(async (schema) => {
      const q = { mail: [5, 1, 0, 2, 4000, 0, 10, false, 1] }
      await write(schema, '*', 120, { v: 1, q, nodes: 1 })
      const rolled = {
        v: 1,
        s: [series('mail', 'A', 6, SHORT)],
        n: { one: [6, 0, 1, 0, 0, 0, 0, 0, 7] },
        q: { mail: q.mail.map((n) => [n, n]) },
        nodes: [1, 1],
        rows: 7,
      }
      await write(schema, '*', 1200, rolled, 60)
      await write(schema, '*', 0, rolled, 3600)
      await schema.rows(`UPDATE eram_metrics SET bucket = date_trunc('hour', now()) - interval '3 hours' WHERE step = 3600`)
      await withHistory(schema, async (engine) => {
        const one = async (/** @type {object} */ query) =>
          (await engine.history(query)).series.map((/** @type {any} */ it) => [it.key, measured(it.points)])
        assert.deepEqual(await one({ metric: 'backlog', window: '10m' }), [['backlog', [5]]])
        assert.deepEqual(await one({ metric: 'oldest', window: '10m', group: 'queue' }), [['mail', [4000]]])
        assert.deepEqual(await one({ metric: 'backlog', window: '10m', group: 'state' }), [
          ['available', [5]],
          ['executing', [2]],
          ['scheduled', [1]],
        ])
        assert.deepEqual(await one({ metric: 'executed', window: '2h' }), [['executed', [7]]])
        assert.deepEqual(await one({ metric: 'executed', window: '7d', group: 'node' }), [['one', [7]]])
        const range = { from: new Date(Date.now() - 30 * 60_000), until: new Date() }
        assert.deepEqual(await one({ metric: 'executed', window: range, step: 60 }), [['executed', [7]]])
      })
    }))

  test('leaves out rows of another version, and says how many', () =>
    withSchema(async (schema) => {
      await write(schema, 'one', 120, { v: 1, s: [series('mail', 'A', 1, SHORT)] })
      await write(schema, 'later', 120, { v: 2, s: { mail: { A: 'new' } } })
      await withHistory(schema, async (engine) => {
        const { series, skipped } = await engine.history({ metric: 'executed', window: '10m' })
        assert.deepEqual([measured(series[0].points), skipped], [[2], 1])
      })
    }))

  test('says when metrics are off, and no longer once other engines write them', () =>
    withSchema(async (schema) => {
      await withHistory(
        schema,
        async (engine) => {
          const off = await engine.history({ metric: 'run', group: 'queue' })
          assert.deepEqual([off.disabled, off.series, off.late_ms], [true, [], null])
          await write(schema, 'one', 120, { v: 1, s: [series('mail', 'A', 1, SHORT)] })
          const on = await engine.history({ metric: 'run', group: 'queue' })
          assert.deepEqual([on.disabled, on.series.length], [false, 1])
        },
        { metrics: false },
      )
    }))

  test('refuses what it cannot answer', () =>
    withSchema((schema) =>
      withHistory(schema, async (engine) => {
        for (const [query, message] of /** @type {[any, RegExp][]} */ ([
          [{ metric: 'executed', agg: 'p95' }, /^history\.agg: expected "sum" or "rate" for a count, got "p95"/],
          [{ metric: 'run', group: 'node', window: '1d' }, /a window of the last 120 minutes/],
          [{ metric: 'run', queue: 'mail' }, /^history: unknown option "queue"/],
          [{ metric: 'run', filter: { job: 'A' } }, /^history\.filter: unknown option "job"/],
          [{}, /^history\.metric: expected/],
          ['run', /^history: expected an object, got "run"/],
        ]))
          await assert.rejects(engine.history(query), { code: 'ERAM_CONFIG', message })
      }),
    ))
})
