// The stream of what changes: what it sends, what it costs the database, and what happens when either side goes.
import assert from 'node:assert/strict'
import { createServer, request as httpRequest } from 'node:http'
import { describe, test } from 'node:test'
import { bodyOf, nodeSink } from '../../integrations/http/stream.js'
import { createWeb } from '../../integrations/web/index.js'
import { withServer } from '../crash/server.js'
import { until } from '../support/until.js'
import { counted, eventsOf, quiet } from './event-stream.js'
import { withApi } from './harness.js'

/** @typedef {import('./harness.js').Api} Api */

const QUICK = { refresh: { default: 100, min: 100 } }

/** @param {Pick<Api, 'web'>} api @param {string} query @param {Record<string, string>} [headers] */
async function open({ web }, query = '', headers = {}) {
  const client = new AbortController()
  const response = await web.fetch(new Request(`http://localhost/api/v1/events${query}`, { headers, signal: client.signal }))
  assert.equal(response.status, 200, response.status === 200 ? '' : await response.clone().text())
  const body = /** @type {ReadableStream<Uint8Array>} */ (response.body)
  return { response, ...eventsOf(/** @type {any} */ (body)), leave: () => client.abort() }
}

describe('the stream', () => {
  test('greets, shows each topic, and says what has changed', () =>
    withApi(async (api) => {
      const { engine } = api
      const { id } = await engine.enqueue('Any', { secret: 1 }, { queue: 'q' })
      const { response, next, leave, events } = await open(api, `?topics=counts,queues,nodes,jobs,crons,job:${id},job:999&refresh=100`)
      const header = (/** @type {string} */ name) => response.headers.get(name)
      assert.deepEqual(['content-type', 'cache-control', 'x-accel-buffering', 'x-content-type-options'].map(header), [
        'text/event-stream; charset=utf-8',
        'no-cache, no-transform',
        'no',
        'nosniff',
      ])
      const hello = await next('hello')
      assert.deepEqual(hello.data.refresh, { chosen: 100, min: 100, effective: 100 })
      assert.deepEqual(hello.data.server, { node: engine.node, instance: engine.name })
      const snap = (/** @type {string} */ topic, /** @type {(data: any) => boolean} */ isWanted = () => true) =>
        next('snap', (data) => data.topic === topic && isWanted(data.data))
      const none = events.length
      await until(() => assert.ok(events.filter(({ event }) => event === 'snap').length >= 5 && events.length > none))
      const first = new Map(events.filter(({ event }) => event === 'snap').map(({ data }) => [data.topic, data.data]))
      assert.deepEqual([...first.keys()].sort(), ['counts', `job:${id}`, 'job:999', 'nodes', 'queues'].sort())
      assert.equal(first.get('counts').states.available.jobs, 1)
      assert.equal(first.get('queues')[0].queue, 'q')
      assert.deepEqual(first.get('nodes'), [])
      assert.equal(first.get('job:999'), null)
      const { state, queue, errors, is_cancelling } = first.get(`job:${id}`)
      assert.deepEqual({ state, queue, errors, is_cancelling }, { state: 'available', queue: 'q', errors: 0, is_cancelling: false })
      assert.doesNotMatch(JSON.stringify(events), /secret/)
      await engine.jobs.cancel(id)
      assert.equal((await snap(`job:${id}`, (job) => job.state === 'cancelled')).data.data.state, 'cancelled')
      await engine.cron.insert(['0 8 * * *', 'Any', {}, { name: 'c' }])
      assert.equal((await next('rev', (data) => 'crons' in data)).data.crons, 1)
      await engine.enqueue('Any', {}, { queue: 'q' })
      await next('rev', (data) => data.jobs > 0)
      const revs = events.flatMap(({ id: each }) => (each === undefined ? [] : Number(each.split('-')[1])))
      assert.deepEqual(
        revs,
        [...revs].sort((a, b) => a - b),
        'revisions rise',
      )
      leave()
    }, QUICK))

  test('does not repeat what the last event says that the client has', () =>
    withApi(async (api) => {
      const first = await open(api, '?topics=queues,nodes')
      await first.next('snap', ({ topic }) => topic === 'nodes')
      const last = String(first.events.at(-1)?.id)
      const again = await open(api, '?topics=queues,nodes', { 'last-event-id': last })
      await again.next('hello')
      await api.engine.enqueue('Any', {}, { queue: 'new' })
      const { data } = await again.next('snap')
      assert.deepEqual([data.topic, data.data[0].queue], ['queues', 'new'])
      const other = await open(api, '?topics=nodes&last=elsewhere-99')
      await other.next('snap', ({ topic }) => topic === 'nodes')
      for (const each of [first, again, other]) each.leave()
    }, QUICK))

  test('refuses topics that are not known, too many jobs, and callers without a right', () =>
    withApi(
      async (api) => {
        const { get } = api
        const many = Array.from({ length: 21 }, (_, n) => `job:${n + 1}`).join()
        for (const query of [
          'topics=all',
          'topics=job:0',
          'topics=toString',
          `topics=${many}`,
          'refresh=soon',
          'refresh=-1',
          'topic=jobs',
        ]) {
          const { status, body } = await get(`/events?${query}`)
          assert.deepEqual([status, body.error.code], [400, 'ERAM_CONFIG'], query)
        }
        assert.equal((await get('/events', { authorization: 'guest' })).body.error.permission, 'view')
        assert.equal((await api.call('POST', '/events', {})).status, 404)
        assert.equal(
          (await createWeb(api.engine, { access: 'all', refresh: false }).fetch(new Request('http://x/api/v1/events'))).status,
          404,
        )
      },
      {
        access: (_, request) => (request.headers.get('authorization') === 'guest' ? { view: false, 'jobs:retry': true } : 'all'),
      },
    ))

  test('ends with bye when the server closes, and when the engine stops', () =>
    withApi(async (api) => {
      const closed = await open(api)
      await closed.next('hello')
      await api.web.close()
      assert.equal((await closed.next('bye')).data.reason, 'closed')
      await closed.ended
      const web = createWeb(api.engine, { access: 'all', ...QUICK })
      const stopped = await open({ web })
      await stopped.next('snap')
      await api.engine.stop()
      await stopped.next('bye')
      await stopped.ended
    }, QUICK))
})

/** @param {{ queue: string }[]} queues @param {string} name */
const has = (queues, name) => queues.some(({ queue }) => queue === name)

describe('the cost', () => {
  test('of ten viewers is that of one, and without a viewer there is no statement', () =>
    withApi(async (api) => {
      const sum = counted(api.engine)
      /** Statements for some looks. @param {number} viewers */
      const cost = async (viewers) => {
        const streams = await Promise.all(
          Array.from({ length: viewers }, () => open(api, '?topics=counts,queues,nodes,jobs,crons&refresh=100')),
        )
        await Promise.all(streams.map((stream) => stream.next('snap', ({ topic }) => topic === 'nodes')))
        const begun = { ...sum }
        for (let n = 0; n < 5; n += 1) {
          const queue = `q${viewers} ${n}`
          await api.engine.enqueue('Any', {}, { queue })
          await Promise.all(streams.map((stream) => stream.next('snap', ({ topic, data }) => topic === 'queues' && has(data, queue))))
        }
        const [statements, looks] = [sum.statements - begun.statements, sum.looks - begun.looks]
        for (const stream of streams) stream.leave()
        return { statements, looks }
      }
      const one = await cost(1)
      const ten = await cost(10)
      const text = `one viewer: ${JSON.stringify(one)}, ten: ${JSON.stringify(ten)}`
      assert.ok(one.looks >= 5 && one.statements >= 5 * one.looks, text)
      // Of a look that has begun, some statements may be counted.
      assert.ok(ten.statements / ten.looks < (1.2 * one.statements) / one.looks + 1, text)
      assert.ok(ten.looks <= 3 * one.looks, text)
      // A look that has begun ends.
      await quiet(sum)
    }, QUICK))

  test('slows the looks down where they take long', () =>
    withApi(async (api) => {
      const { engine } = api
      const remote = /** @type {any} */ (engine)[Symbol.for('eram.remote')]
      let ms = 50
      const slow = {
        ...remote,
        liveMarks: async (/** @type {any[]} */ ...args) => {
          const marks = await remote.liveMarks(...args)
          args.at(-1).ms = ms
          return marks
        },
      }
      Object.defineProperty(engine, Symbol.for('eram.remote'), { get: () => slow, configurable: true })
      const { next, leave } = await open(api, '?topics=jobs&refresh=100')
      const { data } = await next('slow')
      assert.deepEqual(data, { chosen: 100, effective: 1000, database_ms: 50 })
      ms = 0
      assert.equal((await next('slow', ({ effective }) => effective === 100)).data.chosen, 100)
      leave()
    }, QUICK))
})

describe('in a server of Node', () => {
  test('a client that goes ends its stream', () =>
    withApi(async (api) => {
      const server = createServer((request, response) => void api.web.node(request, response))
      await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      const sum = counted(api.engine)
      try {
        const response = await new Promise((resolve, reject) => {
          httpRequest(`http://127.0.0.1:${port}/api/v1/events?topics=queues`, resolve).on('error', reject).end()
        })
        const { next } = eventsOf(response)
        await next('snap')
        response.destroy()
        await quiet(sum)
        const head = await fetch(`http://127.0.0.1:${port}/api/v1/events`, { method: 'HEAD' })
        assert.deepEqual([head.status, head.headers.get('content-type')], [200, 'text/event-stream; charset=utf-8'])
      } finally {
        server.closeAllConnections()
        server.close()
      }
    }, QUICK))
})

describe('a client that reads nothing is dropped once a mebibyte waits for it', () => {
  const chunk = 'x'.repeat(64 * 1024)

  test('in a server of Node', async () => {
    /** @type {(sent: number) => void} */
    let dropped = () => {}
    const sent = new Promise((resolve) => {
      dropped = resolve
    })
    const server = createServer((_, response) => {
      const sink = nodeSink(response.writeHead(200))
      let bytes = 0
      const timer = setInterval(() => {
        sink.send(chunk)
        bytes += chunk.length
      }, 1)
      sink.onClose(() => {
        clearInterval(timer)
        dropped(bytes)
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
    const client = httpRequest(`http://127.0.0.1:${port}`, (response) => response.on('error', () => {}))
      .on('error', () => {})
      .end()
    try {
      assert.ok((await sent) > 1024 * 1024)
    } finally {
      client.destroy()
      server.closeAllConnections()
      server.close()
    }
  })

  test('in a server of fetch', async () => {
    let isClosed = false
    let bytes = 0
    const body = bodyOf((sink) => {
      sink.onClose(() => {
        isClosed = true
      })
      while (!isClosed && bytes < 10 * 1024 * 1024) {
        sink.send(chunk)
        bytes += chunk.length
      }
    })
    assert.deepEqual([isClosed, bytes > 1024 * 1024, bytes < 2 * 1024 * 1024], [true, true, true])
    await assert.rejects(body.getReader().read(), /expected a client that reads the stream/)
  })
})

test('while the database is away, the stream says so, and goes on afterwards', () =>
  withServer(async ({ server, start }) => {
    const { engine } = await start({ name: 'live outage' })
    const web = createWeb(engine, { access: 'all', ...QUICK })
    const { next, events } = await open({ web }, '?topics=queues,jobs')
    await next('snap')
    await server.down()
    const { data } = await next('away')
    assert.equal(data.code, 'ERAM_UNAVAILABLE')
    assert.doesNotMatch(JSON.stringify(events), /127\.0\.0\.1|localhost|postgres:/)
    await server.up()
    await next('back')
    await engine.enqueue('Any', {}, { queue: 'after' })
    await next('snap', ({ data: queues }) => queues.some((/** @type {any} */ it) => it.queue === 'after'))
    await web.close()
    await engine.stop()
  }))
