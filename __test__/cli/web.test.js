// npx eramjs web: the HTTP API of a schema, and whom it lets in.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { eramjs, running } from '../support/cli.js'
import { withSchema } from '../support/database.js'

/**
 * @param {string[]} args
 * @param {Record<string, string>} env
 * @param {(api: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>} act
 */
async function serving(args, env, act) {
  const program = running(['web', '--port', '0', ...args], { env })
  try {
    const [, url] = await program.wrote(/serving (http:\S+)\/api\/v1/)
    await act((path, init) => fetch(url + path, init))
  } finally {
    program.child.kill('SIGTERM')
  }
  assert.deepEqual(await program.exited, { code: 0, signal: null })
}

/** @param {import('../support/database.js').Schema} schema */
const address = ({ url, prefix }) => /** @type {[string[], Record<string, string>]} */ ([['--prefix', prefix], { DATABASE_URL: url }])
const WRITE = { 'x-eram': '1', 'content-type': 'application/json' }
const basic = (/** @type {string} */ text) => ({ authorization: `Basic ${Buffer.from(text).toString('base64')}` })

describe('web', () => {
  test('shows and changes what other processes have, for this machine alone', () =>
    withSchema(async (schema) => {
      const [args, env] = address(schema)
      const engine = await EramEngine.start({ name: 'cli web', url: schema.url, prefix: schema.prefix, logger: false, queues: { mine: 2 } })
      try {
        await engine.enqueue('Any', { password: 's3cr3t' }, { queue: 'waiting' })
        await serving([...args, '--redact', 'password'], env, async (api) => {
          for (const path of ['/health', '/ready']) assert.equal((await api(path)).status, 200)
          const { nodes } = /** @type {any} */ (await (await api('/api/v1/nodes')).json())
          assert.deepEqual(
            nodes.map((/** @type {any} */ { name }) => name),
            ['cli web'],
          )
          const { jobs } = /** @type {any} */ (await (await api('/api/v1/jobs')).json())
          assert.deepEqual(jobs[0].args, { password: '[redacted]' })
          const body = JSON.stringify({ which: jobs[0].id })
          assert.equal((await api('/api/v1/jobs/cancel', { method: 'POST', headers: WRITE, body })).status, 200)
          assert.equal((await engine.jobs.find(jobs[0].id))?.state, 'cancelled')
          assert.equal(
            (await api('/api/v1/queues/mine/pause', { method: 'POST', headers: { ...WRITE, origin: 'http://evil.test' } })).status,
            403,
          )
        })
      } finally {
        await engine.stop()
      }
    }))

  test('changes nothing with --read-only', () =>
    withSchema(async (schema) => {
      const [args, env] = address(schema)
      await serving([...args, '--read-only'], env, async (api) => {
        const made = await api('/api/v1/jobs', { method: 'POST', headers: WRITE, body: '{"worker":"Any"}' })
        assert.equal(made.status, 403)
        assert.deepEqual(await schema.rows('SELECT id FROM eram_jobs'), [])
      })
    }))

  test('takes one name and password, and locks an address that guesses', () =>
    withSchema(async (schema) => {
      const [args, env] = address(schema)
      await serving(args, { ...env, ERAM_WEB_USER: 'ops', ERAM_WEB_PASSWORD: 'ü:x' }, async (api) => {
        const none = await api('/api/v1/queues')
        assert.deepEqual([none.status, none.headers.get('www-authenticate')], [401, 'Basic realm="EramJS", charset="UTF-8"'])
        const me = await api('/api/v1/me', { headers: basic('ops:ü:x') })
        assert.deepEqual([me.status, /** @type {any} */ (await me.json()).user], [200, { name: 'ops' }])
        assert.equal((await api('/health')).status, 200)
        const wrong = await Promise.all(Array.from({ length: 9 }, () => api('/api/v1/queues', { headers: basic('ops:wrong') })))
        assert.ok(wrong.every(({ status }) => status === 401))
        await api('/api/v1/queues', { headers: basic('ops:wrong') })
        const locked = await api('/api/v1/queues', { headers: basic('ops:ü:x') })
        assert.deepEqual([locked.status, Number(locked.headers.get('retry-after')) <= 30], [429, true])
      })
    }))

  test('refuses other machines without a password, and half of one', async () => {
    const open = await eramjs(['web', '--host', '0.0.0.0'])
    assert.equal(open.code, 2)
    assert.match(open.err, /web: expected ERAM_WEB_USER and ERAM_WEB_PASSWORD to serve other machines, got --host 0\.0\.0\.0 alone/)
    const half = await eramjs(['web', '--json'], { env: { DATABASE_URL: 'postgres://x@127.0.0.1:1/x', ERAM_WEB_USER: 'ops' } })
    assert.equal(half.code, 2)
    assert.match(JSON.parse(half.out).error.message, /got no password$/)
  })
})
