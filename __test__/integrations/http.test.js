// eramjs/http: what each path answers, in each form of the handler, and from a server of its own.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { handler, serve } from '../../integrations/http/index.js'
import { JournalJob } from '../crash/programs/journal.js'
import { withServer } from '../crash/server.js'
import { until, withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

let engines = 0

/**
 * @param {(engine: EramEngine, schema: Schema) => Promise<void>} scenario
 * @param {object} [options]
 */
const withEngine = (scenario, options = {}) =>
  withSchema(async (schema) => {
    const { url, prefix } = schema
    engines += 1
    const engine = await EramEngine.start({ name: `http ${engines}`, url, prefix, notify: false, logger: false, ...options })
    try {
      await scenario(engine, schema)
    } finally {
      await engine.stop()
    }
  })

/** @param {string} path @param {RequestInit} [init] */
const request = (path, init) => new Request(`http://localhost${path}`, init)

describe('a handler', () => {
  test('answers health and readiness, for GET and HEAD alone, and is never cached', () =>
    withEngine(async (engine) => {
      const { fetch } = handler(engine)
      for (const path of ['/health', '/ready', '/ready?deep=1']) {
        const response = await fetch(request(path))
        assert.deepEqual([response.status, response.headers.get('cache-control')], [200, 'no-store'], path)
        const body = /** @type {any} */ (await response.json())
        assert.deepEqual([body.status, 'probe' in body.checks], ['ok', path.includes('deep')])
      }
      const head = await fetch(request('/ready', { method: 'HEAD' }))
      assert.deepEqual([head.status, await head.text()], [200, ''])
      const post = await fetch(request('/ready', { method: 'POST' }))
      assert.deepEqual([post.status, post.headers.get('allow')], [405, 'GET, HEAD'])
      assert.equal((await fetch(request('/readyness'))).status, 404)
      await engine.stop()
      assert.deepEqual([(await fetch(request('/health'))).status, (await fetch(request('/ready'))).status], [200, 503])
    }))

  test('shows the load of each queue', () =>
    withEngine(async (engine) => {
      const name = 'a/b ü'
      await engine.enqueueAll(Array.from({ length: 3 }, () => ({ worker: 'Any', queue: name })))
      await engine.enqueue('Any', {}, { queue: 'later', schedule_in: 3600 })
      const { fetch } = handler(engine)
      const one = await fetch(request(`/queues/${encodeURIComponent(name)}`))
      const { latency_ms, ...load } = /** @type {any} */ (await one.json())
      assert.deepEqual(load, { queue: name, depth: 3, at_least: false, running: 0, limit: 0, nodes: 0, paused: false })
      assert.ok(latency_ms >= 0)
      const { queues } = /** @type {any} */ (await (await fetch(request('/queues'))).json())
      assert.deepEqual(
        queues.map((/** @type {any} */ { queue, depth }) => [queue, depth]),
        [
          [name, 3],
          ['later', 0],
        ],
      )
      for (const path of ['/queues/none', '/queues/%zz']) assert.equal((await fetch(request(path))).status, 404, path)
      assert.equal((await handler(engine, { queues: false }).fetch(request('/queues'))).status, 404)
    }))

  test('asks the database once for many requests, and again after a failure', async () => {
    let asked = 0
    /** @type {any} */
    const engine = {
      health: async () => {},
      async backlog() {
        asked += 1
        if (asked === 1) throw new Error('secret')
        return [{ queue: 'a', depth: 1 }]
      },
    }
    const { fetch } = handler(engine)
    const failed = await fetch(request('/queues'))
    assert.deepEqual([failed.status, await failed.json()], [503, { error: 'ERAM_INTERNAL' }])
    const all = await Promise.all(Array.from({ length: 50 }, () => fetch(request('/queues/a'))))
    assert.ok(all.every(({ status }) => status === 200))
    assert.equal(asked, 2)
  })

  test('serves metrics in the format that a client prefers', () =>
    withEngine(async (engine) => {
      await engine.enqueue('Any', {}, { queue: 'emails' })
      const { fetch } = handler(engine)
      /** What Prometheus 2 and 3 send, and others. @type {[string | undefined, 'text/plain' | 'application/openmetrics-text'][]} */
      const cases = [
        [undefined, 'text/plain'],
        ['*/*', 'text/plain'],
        ['text/html,application/xhtml+xml,*/*;q=0.8', 'text/plain'],
        ['text/plain;version=0.0.4;q=1,*/*;q=0.1', 'text/plain'],
        ['application/openmetrics-text;version=1.0.0;q=0.3,text/plain;version=0.0.4;q=0.7', 'text/plain'],
        ['application/openmetrics-text; version=0.0.1', 'text/plain'],
        ['application/openmetrics-text;q=0', 'text/plain'],
        ['application/openmetrics-text', 'application/openmetrics-text'],
        [
          'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
          'application/openmetrics-text',
        ],
        [
          'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
          'application/openmetrics-text',
        ],
      ]
      for (const [accept, type] of cases) {
        const response = await fetch(request('/metrics', accept === undefined ? {} : { headers: { accept } }))
        const text = await response.text()
        assert.deepEqual([response.status, response.headers.get('content-type')?.split(';')[0]], [200, type], accept)
        assert.match(text, /^eram_jobs_enqueued_total\{.*queue="emails".*\} 1$/m)
        assert.equal(text.endsWith('# EOF\n'), type !== 'text/plain')
      }
      const chosen = handler(engine, { prometheus: { format: 'openmetrics', labels: { counters: [] } }, paths: { metrics: '/m' } })
      assert.match(await (await chosen.fetch(request('/m'))).text(), /^eram_jobs_enqueued_total\{engine="[^"]*"\} 1$/m)
      assert.equal((await handler(engine, { prometheus: false }).fetch(request('/metrics'))).status, 404)
      const wrong = await handler(engine, { prometheus: /** @type {any} */ ({ label: {} }) }).fetch(request('/metrics'))
      assert.equal(wrong.status, 503)
      assert.match(await wrong.text(), /prometheus: .*label/)
      await engine.stop()
      assert.deepEqual(await (await fetch(request('/metrics'))).json(), { error: 'ERAM_NOT_RUNNING' })
    }))

  test('has the paths that it is given, and answers whom it may', () =>
    withEngine(async (engine) => {
      const { fetch } = handler(engine, {
        paths: { health: '/livez' },
        authorize: (request) => request.headers.get('authorization') === 'Bearer x',
      })
      assert.equal((await fetch(request('/livez'))).status, 403)
      assert.equal((await fetch(request('/livez', { headers: { authorization: 'Bearer x' } }))).status, 200)
      assert.equal((await fetch(request('/health'))).status, 404)
    }))

  test('as a listener of Node, leaves other paths to the next', () =>
    withEngine(async (engine) => {
      const { node } = handler(engine)
      const server = createServer((request, response) => {
        if (request.url?.startsWith('/alone')) {
          request.url = request.url.slice('/alone'.length)
          node(request, response)
        } else node(request, response, () => response.end('next'))
      })
      await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
      try {
        const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
        const get = (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) => fetch(`http://127.0.0.1:${port}${path}`, init)
        assert.equal((await get('/health')).status, 200)
        assert.equal(await (await get('/health', { method: 'HEAD' })).text(), '')
        assert.equal(await (await get('/other')).text(), 'next')
        assert.equal((await get('/alone/ready?deep=1')).status, 200)
        assert.equal((await get('/alone/other')).status, 404)
      } finally {
        server.closeAllConnections()
        server.close()
      }
    }))

  test('refuses options that it does not know', () => {
    const engine = /** @type {any} */ ({ health() {} })
    /** @type {[any, any, RegExp][]} */
    const cases = [
      [null, {}, /^handler: expected an engine as the first argument, got null$/],
      [engine, { path: '/x' }, /^handler: expected options among paths, queues, prometheus, authorize, got "path"$/],
      [engine, { queues: 1 }, /^handler\.queues: expected true or false, got 1$/],
      [engine, { prometheus: 'x' }, /^handler\.prometheus: expected true, false or an object, got "x"$/],
      [engine, { authorize: 'x' }, /^handler\.authorize: expected a function, got "x"$/],
      [engine, { paths: { healthy: '/x' } }, /^handler\.paths: expected names among health, ready, queues, metrics, got "healthy"$/],
      [engine, { paths: { ready: 'x' } }, /^handler\.paths\.ready: expected a path such as \/health, got "x"$/],
      [engine, { paths: { ready: '/health' } }, /^handler\.paths: expected paths that differ, got /],
    ]
    for (const [given, options, message] of cases) {
      assert.throws(() => handler(given, options), { code: 'ERAM_CONFIG', message })
    }
  })
})

describe('a server', () => {
  test('serves until it is closed; a port that is in use is refused', () =>
    withEngine(async (engine) => {
      const server = await serve(engine, { port: 0 })
      assert.equal((await fetch(`${server.url}/ready`)).status, 200)
      const message = `serve.port: expected a free port of 127.0.0.1, got ${server.port}, which is in use`
      await assert.rejects(serve(engine, { port: server.port }), { code: 'ERAM_CONFIG', message })
      await assert.rejects(serve(engine, { port: 70_000 }), { message: 'serve.port: expected a port from 0 to 65535, got 70000' })
      await server.close()
      await assert.rejects(fetch(`${server.url}/ready`))
    }))

  test('stays live during an outage, is not ready, and shows no address of the database', () =>
    withServer(async ({ server, start }) => {
      assert.ok(JournalJob)
      const { engine } = await start({ name: 'http outage', queues: { journal: 1 }, heartbeat_interval: 500 })
      const { url, close } = await serve(engine, { port: 0 })
      const status = async (/** @type {string} */ path) => (await fetch(url + path)).status
      try {
        await until(async () => assert.equal(await status('/ready'), 200))
        await server.down()
        await until(async () => assert.equal(await status('/ready'), 503))
        assert.equal(await status('/health'), 200)
        assert.doesNotMatch(await (await fetch(`${url}/ready?deep=1`)).text(), /127\.0\.0\.1|postgres/)
        assert.deepEqual(await (await fetch(`${url}/queues`)).json(), { error: 'ERAM_UNAVAILABLE' })
        await server.up()
        await until(async () => assert.equal(await status('/ready'), 200))
      } finally {
        await close()
      }
    }))
})
