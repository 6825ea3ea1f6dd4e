// The stream of eramjs/web inside the servers of frameworks: it arrives as it is sent, and ends with its client.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { EramEngine } from '../../../index.js'
import { createWeb } from '../../../integrations/web/index.js'
import { withSchema } from '../../support/database.js'
import { counted, eventsOf, quiet } from '../../web/event-stream.js'
import { FRAMEWORKS } from './servers.js'

describe('the stream of eramjs/web below a path of', () => {
  for (const [name, start] of Object.entries(FRAMEWORKS)) {
    test(name, () =>
      withSchema(async ({ url, prefix }) => {
        const engine = await EramEngine.start({ name, url, prefix, logger: false })
        const sum = counted(engine)
        const web = createWeb(engine, { access: (user) => (user?.name === 'ann' ? 'all' : 'deny'), refresh: { default: 100, min: 100 } })
        const server = await start(web)
        /** @returns {Promise<import('node:http').IncomingMessage>} */
        const open = () =>
          new Promise((resolve, reject) => {
            const headers = { 'accept-encoding': 'gzip', accept: 'text/event-stream' }
            request(`http://127.0.0.1:${server.port}/eram/api/v1/events?topics=queues`, { headers }, resolve).on('error', reject).end()
          })
        try {
          const response = await open()
          assert.equal(response.statusCode, 200)
          assert.equal(response.headers['content-type'], 'text/event-stream; charset=utf-8')
          assert.equal(response.headers['content-encoding'], undefined)
          const { next } = eventsOf(response)
          assert.equal((await next('hello')).data.server.node, engine.node)
          await next('snap')
          await engine.enqueue('Any', {}, { queue: 'new' })
          await next('snap', ({ data }) => data[0]?.queue === 'new')
          // Without a viewer there is no look.
          response.destroy()
          await quiet(sum)
          const last = eventsOf(await open())
          await last.next('hello')
          await web.close()
          assert.equal((await last.next('bye')).data.reason, 'closed')
          await last.ended
        } finally {
          await server.close()
          await engine.stop()
        }
      }),
    )
  }
})
