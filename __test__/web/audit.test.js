// What is recorded of changes over HTTP, who reads it, and what a failure to record does.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { eramjs } from '../support/cli.js'
import { until } from '../support/until.js'
import { withApi } from './harness.js'

/** @typedef {import('../../index.js').AuditRow} AuditRow */

const ANN = { authenticate: () => ({ name: 'ann' }) }

/** @param {import('./harness.js').Api} api @param {string} [query] @returns {Promise<AuditRow[]>} */
const recorded = async ({ get }, query = '') => (await get(`/audit${query}`)).body.audit

describe('a change over HTTP', () => {
  test('is a row, with what it was like before and after', () =>
    withApi(async (api) => {
      const { engine, call } = api
      await call('POST', '/queues/q/pause', { force: true })
      await call('POST', '/queues/q/scale', { limit: 3, force: true })
      const made = await call('POST', '/jobs', { worker: 'Any', args: { password: 's3cr3t' }, meta: { token: 's3cr3t' } })
      const { id } = made.body
      await call('POST', '/jobs/cancel', { which: id, reason: 'no' })
      await call('PUT', '/crons', { entry: ['0 8 * * *', 'Any', { password: 's3cr3t' }, { name: 'c' }] })
      await call('PATCH', '/crons/c', { changes: { schedule: '0 9 * * *', args: { password: 's3cr3t' } } })
      const rows = (await recorded(api)).reverse()
      assert.doesNotMatch(JSON.stringify(rows), /s3cr3t/)
      assert.deepEqual(
        rows.map(({ operation, target, result, status, before, after }) => ({ operation, target, result, status, before, after })),
        [
          {
            ...{ operation: 'pause', target: 'queue:q', result: 'ok', status: 204 },
            ...{ before: null, after: { '*': { paused: true, limit: null } } },
          },
          {
            ...{ operation: 'scale', target: 'queue:q', result: 'ok', status: 204 },
            ...{ before: { '*': { paused: true, limit: null } }, after: { '*': { paused: true, limit: 3 } } },
          },
          {
            ...{ operation: 'jobs.enqueue', target: `job:${id}`, result: 'ok', status: 201 },
            ...{ before: null, after: { job: id, queue: 'default', state: 'available' } },
          },
          {
            ...{ operation: 'jobs.cancel', target: `job:${id}`, result: 'ok', status: 200 },
            ...{ before: { state: 'available' }, after: { state: 'cancelled' } },
          },
          {
            ...{ operation: 'cron.upsert', target: 'cron:c', result: 'ok', status: 200, before: null },
            after: { expression: '0 8 * * *', timezone: 'Etc/UTC', worker: 'Any', guaranteed: false, paused: false },
          },
          {
            ...{ operation: 'cron.update', target: 'cron:c', result: 'ok', status: 200 },
            before: { expression: '0 8 * * *', timezone: 'Etc/UTC', worker: 'Any', guaranteed: false, paused: false },
            after: { expression: '0 9 * * *', timezone: 'Etc/UTC', worker: 'Any', guaranteed: false, paused: false },
          },
        ],
      )
      const [, , enqueued] = rows
      assert.deepEqual(enqueued?.options, { worker: 'Any', args: '…', meta: '…' })
      for (const { user, instance, node, address } of rows) {
        assert.deepEqual([user, instance, node, address], ['ann', engine.name, engine.node, null])
      }
    }, ANN))

  test('is one too where it was refused, or failed', () =>
    withApi(
      async (api) => {
        const { call, web } = api
        await call('POST', '/queues/none/pause')
        await call('POST', '/queues/q/pause', { unknown: 1 })
        await call('POST', '/queues/q/purge')
        await web.fetch(new Request('http://localhost/api/v1/queues/q%00%ED/pause', { method: 'POST', headers: { 'x-eram': '1' } }), {
          address: '192.0.2.7',
        })
        await web.fetch(new Request('http://localhost/api/v1/queues/q%00/pause', { method: 'POST' }), { address: '192.0.2.7' })
        const rows = (await recorded(api)).reverse()
        assert.deepEqual(
          rows.map(({ operation, target, result, status, code }) => [operation, target, result, status, code]),
          [
            ['pause', 'queue:none', 'failed', 404, 'ERAM_NOT_FOUND'],
            ['pause', 'queue:q', 'refused', 400, 'ERAM_CONFIG'],
            ['purge', 'queue:q', 'refused', 403, 'FORBIDDEN'],
            ['pause', 'queue:q', 'refused', 403, 'CROSS_SITE'],
          ],
        )
        assert.equal(rows.at(-1)?.address, '192.0.2.7')
      },
      { ...ANN, access: () => ({ 'queues:pause': true, 'audit:view': true }) },
    ))

  test('of a caller without any right leaves none', () =>
    withApi(
      async ({ call }, { rows }) => {
        assert.equal((await call('POST', '/queues/q/pause')).status, 401)
        assert.deepEqual(await rows('SELECT id FROM eram_audit'), [])
      },
      { access: () => 'deny' },
    ))

  test('hides conditions on what jobs contain, and cuts what is long', () =>
    withApi(async (api) => {
      const { call } = api
      const many = Array.from({ length: 2000 }, (_, n) => n + 1)
      await call('POST', '/jobs/delete', { which: { queue: 'q', args: { token: 's3cr3t' } } })
      await call('POST', '/jobs/delete', { which: many })
      const [long, hidden] = await recorded(api)
      assert.deepEqual(
        [hidden?.options, hidden?.target, hidden?.after],
        [{ which: { queue: 'q', args: '…' } }, 'jobs', { jobs: 0, refused: 0, ids: [] }],
      )
      assert.equal(String(long?.options.truncated).length, 4000)
    }))

  test('is made, and answered, though it cannot be recorded', () =>
    withApi(async (api, { rows }) => {
      const { call, engine } = api
      /** @type {string[]} */
      const lines = []
      engine.on('engine:log', ({ message }) => lines.push(message))
      await rows('ALTER TABLE eram_audit RENAME TO elsewhere')
      assert.equal((await call('POST', '/queues/q/pause', { force: true })).status, 204)
      await until(() => assert.match(lines.join('\n'), /^web: audit: expected a row in eram_audit, got none: /m))
      await rows('ALTER TABLE elsewhere RENAME TO eram_audit')
    }))

  test('is not recorded with audit: false', () =>
    withApi(
      async (api, { rows }) => {
        await api.call('POST', '/queues/q/pause', { force: true })
        assert.deepEqual(await rows('SELECT id FROM eram_audit'), [])
        assert.equal((await api.get('/me')).body.audit, false)
      },
      { audit: false },
    ))
})

describe('the list of changes', () => {
  test('has filters and pages', () =>
    withApi(
      async (api, { url, prefix }) => {
        const { call } = api
        for (let n = 0; n < 5; n += 1) await call('POST', `/queues/q${n % 2}/pause`, { force: true })
        await call('POST', '/queues/none/resume')
        const targets = async (/** @type {string} */ query) => (await recorded(api, `?${query}`)).map(({ target }) => target)
        assert.deepEqual(await targets('target=queue:q1'), ['queue:q1', 'queue:q1'])
        assert.deepEqual(await targets('operation=resume&operation=scale'), ['queue:none'])
        assert.deepEqual(await targets('result=failed'), ['queue:none'])
        assert.deepEqual(await targets('user=bob'), [])
        assert.equal((await targets('user=ann&from=2020-01-01T00:00:00Z')).length, 6)
        assert.deepEqual(await targets('until=2020-01-01T00:00:00Z'), [])
        const first = (await api.get('/audit?limit=4')).body
        const second = (await api.get(`/audit?limit=4&before=${first.next}`)).body
        const ids = [...first.audit, ...second.audit].map(({ id }) => id)
        assert.deepEqual([ids.length, new Set(ids).size, second.next], [6, 6, null])
        const { out } = await eramjs(['audit', '--url', url, '--prefix', prefix, '--target', 'queue:q0', '--limit', '1'], { env: {} })
        assert.match(out, /^id +at +user +operation +target +result +status +address +node\n\d+ +\S+Z +ann +pause +queue:q0 +ok +204 +- /)
      },
      { ...ANN, limits: { keep: 0 } },
    ))

  test('needs a permission that reading does not have', () =>
    withApi(async ({ get }) => assert.equal((await get('/audit')).body.error.permission, 'audit:view'), { access: 'read-only' }))
})
