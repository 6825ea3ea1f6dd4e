// eramjs/http inside the servers of frameworks, as docs/guides/monitoring.md mounts it.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { describe, test } from 'node:test'
import { serve as serveHono } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import mount from 'koa-mount'
import { EramEngine } from '../../../index.js'
import { handler } from '../../../integrations/http/index.js'
import { withSchema } from '../../support/database.js'

/** @typedef {ReturnType<typeof handler>} Handler */
/** @typedef {import('node:net').AddressInfo} AddressInfo */
/** @typedef {{ port: number, close: () => unknown }} Running */

/** @param {import('node:http').Server} server @returns {Promise<Running>} */
async function listening(server) {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {AddressInfo} */ (server.address())
  return { port, close: () => new Promise((resolve) => server.close(resolve)) }
}

// Each has a route of its own, and the handler below /eram.
/** @type {Record<string, (eram: Handler) => Promise<Running>>} */
const FRAMEWORKS = {
  Express(eram) {
    const app = express()
    app.use('/eram', eram.node)
    app.get('/own', (_, response) => response.send('own'))
    return listening(createServer(app).listen(0, '127.0.0.1'))
  },
  Koa(eram) {
    const app = new Koa()
    app.use(mount('/eram', eram.koa))
    app.use((context, next) => {
      if (context.path !== '/own') return next()
      context.body = 'own'
    })
    return listening(createServer(app.callback()).listen(0, '127.0.0.1'))
  },
  async Fastify(eram) {
    const app = Fastify()
    app.register(eram.fastify, { prefix: '/eram' })
    app.get('/own', async () => 'own')
    await app.listen({ port: 0, host: '127.0.0.1' })
    const { port } = /** @type {AddressInfo} */ (app.server.address())
    return { port, close: () => app.close() }
  },
  Hono(eram) {
    const app = new Hono()
    app.mount('/eram', eram.fetch)
    app.get('/own', (context) => context.text('own'))
    return listening(/** @type {import('node:http').Server} */ (serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })))
  },
}

describe('eramjs/http answers below a path of', () => {
  for (const [name, start] of Object.entries(FRAMEWORKS)) {
    test(name, () =>
      withSchema(async ({ url, prefix }) => {
        const engine = await EramEngine.start({ name, url, prefix, logger: false })
        const server = await start(handler(engine))
        try {
          await engine.enqueue('Any', {}, { queue: 'e-mails' })
          const at = (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
            fetch(`http://127.0.0.1:${server.port}${path}`, init)
          assert.equal((await at('/eram/health')).status, 200)
          const ready = await at('/eram/ready?deep=1')
          assert.deepEqual([ready.status, ready.headers.get('cache-control')], [200, 'no-store'])
          assert.ok('probe' in /** @type {any} */ (await ready.json()).checks, 'the query arrives')
          const load = /** @type {any} */ (await (await at('/eram/queues/e-mails')).json())
          assert.deepEqual([load.queue, load.depth], ['e-mails', 1])
          assert.equal((await at('/eram/queues/none')).status, 404)
          const metrics = await at('/eram/metrics')
          assert.deepEqual([metrics.status, metrics.headers.get('content-type')], [200, 'text/plain; version=0.0.4; charset=utf-8'])
          assert.match(await metrics.text(), /^eram_jobs_enqueued_total\{.*queue="e-mails".*\} 1$/m)
          const headers = { accept: 'application/openmetrics-text; version=1.0.0' }
          const openmetrics = await at('/eram/metrics', { headers })
          assert.equal(openmetrics.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8')
          assert.match(await openmetrics.text(), /\n# EOF\n$/)
          const head = await at('/eram/metrics', { method: 'HEAD' })
          assert.deepEqual([head.status, await head.text()], [200, ''])
          assert.equal((await at('/eram/health', { method: 'HEAD' })).status, 200)
          assert.equal(await (await at('/own')).text(), 'own')
          assert.equal((await at('/eram/else')).status, 404)
        } finally {
          await server.close()
          await engine.stop()
        }
      }),
    )
  }
})
