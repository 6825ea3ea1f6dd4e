// npx eramjs health, and the health that a worker serves.
import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EramEngine } from '../../index.js'
import { serve } from '../../integrations/http/index.js'
import { DATABASE_URL, until, withSchema } from '../support/database.js'

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))
const ENV = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', DATABASE_URL }

/** @param {string[]} args @returns {Promise<{ code: number, out: string, err: string }>} */
const eramjs = (args) =>
  new Promise((resolve) => {
    execFile(process.execPath, [CLI, ...args], { env: ENV }, (error, out, err) =>
      resolve({ code: error ? Number(error.code) : 0, out, err }),
    )
  })

describe('health', () => {
  test('of a database: 0 if it answers with the right schema, else 1', () =>
    withSchema(
      async ({ prefix }) => {
        const unready = await eramjs(['health', '--prefix', prefix, '--json'])
        assert.equal(unready.code, 1)
        assert.equal(JSON.parse(unready.out).code, 'ERAM_NOT_MIGRATED')
        await eramjs(['migrate', '--prefix', prefix])
        assert.deepEqual(await eramjs(['health', '--prefix', prefix]), { code: 0, out: 'ok\n', err: '' })
        const none = await eramjs(['health', '--url', 'postgres://eram@127.0.0.1:1/eram'])
        assert.deepEqual([none.code, none.err], [1, ''])
        assert.match(none.out, /^ERAM_UNAVAILABLE: /)
      },
      { migrate: false },
    ))

  test('of a worker: 0 if it is ready; 1 if it is not, or does not answer', () =>
    withSchema(async ({ url, prefix }) => {
      const engine = await EramEngine.start({ name: 'cli health', url, prefix, notify: false, logger: false })
      const server = await serve(engine, { port: 0 })
      try {
        assert.deepEqual(await eramjs(['health', '--url', server.url]), { code: 0, out: 'ok\n', err: '' })
        await engine.stop()
        const stopped = { code: 1, out: 'engine: the engine has stopped\n', err: '' }
        assert.deepEqual(await eramjs(['health', '--url', server.url]), stopped)
        assert.equal((await eramjs(['health', '--url', `${server.url}/health`])).code, 0)
      } finally {
        await engine.stop()
        await server.close()
      }
      const gone = await eramjs(['health', '--url', server.url])
      assert.equal(gone.code, 1)
      assert.match(gone.out, /\/ready: no answer: /)
    }))

  test('a worker serves its health on --port', () =>
    withSchema(async ({ prefix }) => {
      assert.match((await eramjs(['worker', 'none.js', '--host', '::1'])).err, /--host: expected --port beside it, got none/)
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      const args = ['worker', fileURLToPath(new URL('../support/fixtures/one-shot.js', import.meta.url)), '--prefix', prefix]
      const taken = await eramjs([...args, '--port', String(port)])
      assert.equal(taken.code, 2)
      assert.match(taken.err, /serve\.port: expected a free port of 127\.0\.0\.1, got \d+, which is in use/)
      server.close()
      await once(server, 'close')
      const worker = spawn(process.execPath, [CLI, ...args, '--port', String(port)], { env: ENV })
      try {
        await until(async () => assert.equal((await fetch(`http://127.0.0.1:${port}/ready`)).status, 200))
      } finally {
        worker.kill('SIGTERM')
        await once(worker, 'exit')
      }
      assert.equal(worker.exitCode, 0)
    }))
})
