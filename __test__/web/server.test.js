// The HTTP API in a server: what many readers cost, bodies that other code has read, limits, and the database away.
import assert from 'node:assert/strict'
import { createServer, request as httpRequest } from 'node:http'
import { describe, test } from 'node:test'
import { createWeb } from '../../integrations/web/index.js'
import { withServer } from '../crash/server.js'
import { until } from '../support/until.js'
import { callerOf, withApi } from './harness.js'

/** @typedef {import('node:http').RequestListener} RequestListener */

/** @param {RequestListener} listener @param {(url: string) => Promise<void>} act */
async function served(listener, act) {
  const server = createServer(listener)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  try {
    await act(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** A caller of a server at a URL. @param {string} url */
const at = (url) => callerOf((request) => fetch(request.url.replace('http://localhost', url), /** @type {any} */ (initOf(request))))

/** @param {Request} request */
const initOf = ({ method, headers, body }) => ({ method, headers, ...(body && { body, duplex: 'half' }) })

describe('equal reads', () => {
  /** An engine whose calls the test answers. @param {() => Promise<unknown>} perform */
  const fake = (perform) => {
    let asked = 0
    const operation = { name: 'queues', options: {}, answer: { type: 'QueueInfo[]' } }
    const route = { name: 'queues', method: 'GET', path: '/queues', permission: 'view', reads: true, parameters: [], operation }
    const remote = {
      routes: [route],
      read: () => ({}),
      stringify: JSON.stringify,
      newReport: () => ({ statements: 0, ms: 0, late: null, busy: false }),
      log() {},
      perform() {
        asked += 1
        return perform()
      },
    }
    return { engine: /** @type {any} */ ({ health() {}, [Symbol.for('eram.remote')]: remote }), asked: () => asked }
  }
  const request = () => new Request('http://x/api/v1/queues')

  test('share one, and callers with other permissions share none with them', async () => {
    /** @type {(value: unknown) => void} */
    let answer = () => {}
    const answered = new Promise((resolve) => {
      answer = resolve
    })
    const { engine, asked } = fake(() => answered)
    const web = createWeb(engine, { access: (user) => (user === 'a' ? 'all' : { view: true, 'jobs:view_payload': false }) })
    const all = Array.from({ length: 50 }, (_, n) => web.fetch(request(), { user: n % 2 ? 'a' : 'b' }))
    await until(() => assert.equal(asked(), 2))
    answer({ queues: [] })
    for (const response of await Promise.all(all)) assert.deepEqual([response.status, await response.text()], [200, '{"queues":[]}'])
    assert.equal(asked(), 2)
  })

  test('do not share an error with later ones', async () => {
    let fails = true
    const { engine, asked } = fake(async () => {
      if (fails) throw new Error('secret')
      return []
    })
    const web = createWeb(engine, { access: 'all' })
    const failed = await web.fetch(request())
    assert.deepEqual([failed.status, /secret/.test(await failed.text())], [500, false])
    fails = false
    assert.equal((await web.fetch(request())).status, 200)
    assert.equal(asked(), 2)
  })

  test('end after a limit, with 504', async () => {
    const { engine } = fake(() => new Promise(() => {}))
    const { status, text } = await callerOf((given) => createWeb(engine, { access: 'all', limits: { timeout: 20 } }).fetch(given)).get(
      '/queues',
    )
    assert.deepEqual([status, JSON.parse(text).error.code], [504, 'TIMEOUT'])
  })
})

describe('in a server of Node', () => {
  test('leaves other paths to the next, takes bodies that were parsed, and survives clients that go', () =>
    withApi(async ({ web }) => {
      /** @type {RequestListener} */
      const listener = (request, response) => {
        request.url = request.url?.replace(/^\/eram/, '')
        web.node(request, response, () => response.end('next'))
      }
      await served(listener, async (url) => {
        const { call, get } = at(`${url}/eram`)
        assert.equal((await call('POST', '/jobs', '{"worker":"Any","args":{"id":9007199254740993}}')).status, 201)
        const { text } = await get('/jobs')
        assert.match(text, /"id":9007199254740993/)
        assert.equal(await (await fetch(`${url}/other`)).text(), 'next')
        assert.equal((await call('POST', '/jobs', ' '.repeat(2_000_000))).status, 413)
        const known = await get('/jobs', { 'if-none-match': String((await get('/jobs')).headers.get('etag')) })
        assert.deepEqual([known.status, known.headers.get('content-length')], [304, null])
        await new Promise((resolve) => {
          const half = httpRequest(`${url}/eram/api/v1/jobs`, {
            method: 'POST',
            headers: { 'x-eram': '1', 'content-type': 'application/json', 'content-length': '100' },
          })
          half.on('error', resolve)
          half.write('{"worker"', () => half.destroy())
          half.on('close', resolve)
        })
        assert.equal((await get('/jobs')).status, 200)
        for (const [method, path, status] of /** @type {const} */ ([
          ['TRACE', '/jobs', 405],
          ['OPTIONS', '/jobs', 405],
          ['GET', '//jobs', 404],
          ['GET', '/queues/%', 404],
          ['GET', '/jobs?limit=%zz', 400],
          ['GET', `/jobs/${'9'.repeat(5000)}`, 400],
        ])) {
          const answer = await new Promise((resolve, reject) => {
            httpRequest(`${url}/eram/api/v1${path}`, { method }, (response) => resolve(response.resume().statusCode))
              .on('error', reject)
              .end()
          })
          assert.equal(answer, status, `${method} ${path.slice(0, 50)}`)
        }
      })
      // As express.json() leaves it.
      /** @type {RequestListener} */
      const parsed = async (request, response) => {
        let text = ''
        for await (const chunk of request) text += chunk
        web.node(Object.assign(request, { body: text === '' ? undefined : JSON.parse(text) }), response)
      }
      await served(parsed, async (url) => {
        assert.equal((await at(url).call('POST', '/jobs', { worker: 'Parsed' })).status, 201)
        assert.equal((await fetch(`${url}/other`)).status, 404)
      })
    }))

  test('below a path that the URLs have', () =>
    withApi(
      async ({ web }) => {
        const get = (/** @type {string} */ path) => web.fetch(new Request(`http://localhost${path}`))
        assert.equal((await get('/admin/eram/api/v1/queues')).status, 200)
        assert.equal((await get('/admin/eramapi/v1/queues')).status, 404)
        await web.close()
        const closed = await get('/admin/eram/api/v1/queues')
        assert.deepEqual([closed.status, /** @type {any} */ (await closed.json()).error.code], [503, 'ERAM_NOT_RUNNING'])
      },
      { basePath: '/admin/eram' },
    ))
})

test('while the database is away, requests are answered with 503, without its address; afterwards as before', () =>
  withServer(async ({ server, start }) => {
    const { engine } = await start({ name: 'web outage' })
    const web = createWeb(engine, { access: 'all', limits: { keep: 0 } })
    const { get, call } = callerOf((request) => web.fetch(request))
    await until(async () => assert.equal((await get('/queues')).status, 200))
    await server.down()
    const replies = await Promise.all([
      get('/queues'),
      get('/jobs'),
      call('POST', '/jobs', { worker: 'Any' }),
      call('POST', '/queues/x/pause'),
    ])
    for (const { status, body, text, headers } of replies) {
      assert.deepEqual([status, body.error.code, headers.get('retry-after')], [503, 'ERAM_UNAVAILABLE', '1'])
      assert.doesNotMatch(text, /127\.0\.0\.1|localhost|postgres:/)
    }
    await server.up()
    await until(async () => assert.equal((await get('/jobs')).status, 200))
    await engine.stop()
    const stopped = await get('/jobs')
    assert.deepEqual([stopped.status, stopped.body.error.code], [503, 'ERAM_NOT_RUNNING'])
  }))
