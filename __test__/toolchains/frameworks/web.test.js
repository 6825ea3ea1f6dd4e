// eramjs/web inside the servers of frameworks: reads, writes with bodies, and other paths.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../../index.js'
import { createWeb } from '../../../integrations/web/index.js'
import { withSchema } from '../../support/database.js'
import { FRAMEWORKS } from './servers.js'

describe('eramjs/web answers below a path of', () => {
  for (const [name, start] of Object.entries(FRAMEWORKS)) {
    test(name, () =>
      withSchema(async ({ url, prefix }) => {
        const engine = await EramEngine.start({ name, url, prefix, logger: false })
        const server = await start(createWeb(engine, { access: (user) => (user?.name === 'ann' ? 'all' : 'deny'), limits: { keep: 0 } }))
        try {
          const at = (/** @type {string} */ path, /** @type {RequestInit} */ init = {}) =>
            fetch(`http://127.0.0.1:${server.port}${path}`, init)
          const headers = { 'x-eram': '1', 'content-type': 'application/json' }
          const made = await at('/eram/api/v1/jobs', { method: 'POST', headers, body: '{"worker":"Any","args":{"a":"ü"}}' })
          assert.equal(made.status, 201, await made.clone().text())
          const { id } = /** @type {any} */ (await made.json())
          const first = await at('/eram/api/v1/jobs?limit=5')
          assert.deepEqual(/** @type {any} */ (await first.json()).jobs[0].args, { a: 'ü' })
          const again = await at('/eram/api/v1/jobs?limit=5', { headers: { 'if-none-match': String(first.headers.get('etag')) } })
          assert.deepEqual([again.status, await again.text()], [304, ''])
          const forged = await at('/eram/api/v1/jobs/cancel', {
            method: 'POST',
            headers: { 'content-type': 'text/plain' },
            body: `{"which":${id}}`,
          })
          assert.equal(forged.status, 415)
          const paused = await at('/eram/api/v1/queues/default/pause', { method: 'POST', headers: { 'x-eram': '1' } })
          assert.deepEqual([paused.status, await paused.text()], [204, ''])
          const deleted = await at('/eram/api/v1/crons/none', { method: 'DELETE', headers: { 'x-eram': '1' } })
          assert.deepEqual([deleted.status, /** @type {any} */ (await deleted.json()).error.code], [404, 'ERAM_NOT_FOUND'])
          const head = await at('/eram/api/v1/queues', { method: 'HEAD' })
          assert.deepEqual([head.status, await head.text()], [200, ''])
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
