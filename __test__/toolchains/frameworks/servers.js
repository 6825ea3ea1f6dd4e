// eramjs/web inside the servers of frameworks, as docs/guides/api.md mounts it.
import { createServer } from 'node:http'
import { serve as serveHono } from '@hono/node-server'
import 'reflect-metadata'
import { Controller, Get, Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import compression from 'compression'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import mount from 'koa-mount'

/** @typedef {ReturnType<typeof import('../../../integrations/web/index.js').createWeb>} Web */
/** @typedef {import('node:net').AddressInfo} AddressInfo */
/** @typedef {{ port: number, close: () => unknown }} Running */

/** @param {import('node:http').Server} server @returns {Promise<Running>} */
async function listening(server) {
  if (!server.listening) await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {AddressInfo} */ (server.address())
  return { port, close: () => new Promise((resolve) => server.close(resolve)) }
}

/** Middleware of Express. @param {any} request @param {unknown} _ @param {() => void} next */
function signIn(request, _, next) {
  request.user = { name: 'ann' }
  next()
}

/** @param {(app: any) => void} prepare */
const onExpress = (prepare) => (/** @type {Web} */ web) => {
  const app = express()
  prepare(app)
  app.use('/eram', web.node)
  app.get('/own', (_, response) => response.send('own'))
  return listening(createServer(app).listen(0, '127.0.0.1'))
}

/** @param {(app: any) => void} prepare */
const onFastify = (prepare) => async (/** @type {Web} */ web) => {
  const app = Fastify()
  prepare(app)
  app.register(web.fastify, { prefix: '/eram' })
  app.get('/own', async () => 'own')
  app.post('/own', async (/** @type {any} */ { body }) => body)
  await app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = /** @type {AddressInfo} */ (app.server.address())
  return { port, close: () => app.close() }
}

// Each has a route of its own, the API below /eram, and a user.
/** @type {Record<string, (web: Web) => Promise<Running>>} */
export const FRAMEWORKS = {
  Express: onExpress((app) => app.use(signIn)),
  'Express with express.json()': onExpress((app) => {
    app.use(express.json(), signIn)
  }),
  'Express with compression()': onExpress((app) => {
    app.use(compression({ threshold: 0 }), signIn)
  }),
  Koa(web) {
    const app = new Koa()
    app.use((context, next) => {
      context.state.user = { name: 'ann' }
      return next()
    })
    app.use(mount('/eram', web.koa))
    app.use((context, next) => {
      if (context.path !== '/own') return next()
      context.body = 'own'
    })
    return listening(createServer(app.callback()).listen(0, '127.0.0.1'))
  },
  Fastify: onFastify((app) => {
    app.decorateRequest('user', null)
    app.addHook('onRequest', async (/** @type {any} */ request) => {
      request.user = { name: 'ann' }
    })
  }),
  Hono(web) {
    const app = new Hono()
    app.mount('/eram', (request) => web.fetch(request, { user: { name: 'ann' } }))
    app.get('/own', (context) => context.text('own'))
    return listening(/** @type {import('node:http').Server} */ (serveHono({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' })))
  },
  async 'NestJS on Express'(web) {
    const app = await NestFactory.create(Root, { logger: false })
    app.use(signIn)
    app.use('/eram', web.node)
    return nested(app)
  },
  async 'NestJS on Fastify'(web) {
    const adapter = new FastifyAdapter()
    const app = await NestFactory.create(Root, adapter, { logger: false })
    const fastify = adapter.getInstance()
    fastify.decorateRequest('user', null)
    fastify.addHook('onRequest', async (/** @type {any} */ request) => {
      request.user = { name: 'ann' }
    })
    await fastify.register(web.fastify, { prefix: '/eram' })
    return nested(app)
  },
}

class Own {
  own() {
    return 'own'
  }
}
// Without a compiler, decorators are functions.
Controller()(Own)
Get('own')(Own.prototype, 'own', /** @type {PropertyDescriptor} */ (Object.getOwnPropertyDescriptor(Own.prototype, 'own')))

class Root {}
Module({ controllers: [Own] })(Root)

/** @param {import('@nestjs/common').INestApplication} app @returns {Promise<Running>} */
async function nested(app) {
  await app.listen(0, '127.0.0.1')
  const { port } = /** @type {AddressInfo} */ (app.getHttpServer().address())
  return { port, close: () => app.close() }
}
