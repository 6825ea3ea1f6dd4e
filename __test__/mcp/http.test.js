// npx eramjs mcp by HTTP: agents of both revisions of the protocol, and whom it lets in.
import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, test } from 'node:test'
import { eramjs } from '../support/cli.js'
import { overHttp, serving, withEngine } from './harness.js'

const INITIALIZE = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'x', version: '1' } },
}

/**
 * The status of a request with headers that fetch would not send.
 * @param {string} url @param {Record<string, string>} headers
 * @returns {Promise<number | undefined>}
 */
function statusOf(url, headers) {
  return new Promise((resolve, reject) => {
    const own = { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers }
    const sent = request(url, { method: 'POST', headers: own }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode))
    })
    sent.once('error', reject).end(JSON.stringify(INITIALIZE))
  })
}

describe('mcp by HTTP', () => {
  for (const mode of /** @type {const} */ (['legacy', 'auto'])) {
    test(`an agent that negotiates as "${mode}" reads and changes, as options allow`, () =>
      withEngine(async (engine, _, { args, env }) => {
        const { id } = await engine.enqueue('MailJob', {}, { queue: 'mail' })
        await serving([...args, '--allow', 'jobs:cancel'], env, (url) =>
          overHttp(url, {}, { versionNegotiation: { mode } }, async ({ ask, problem, tools }) => {
            assert.ok((await tools()).some(({ name }) => name === 'jobs_cancel'))
            assert.equal((await ask('jobs_find', { id })).answer.state, 'available')
            await ask('jobs_cancel', { which: id })
            assert.equal((await engine.jobs.find(id))?.state, 'cancelled')
            assert.equal((await problem('pause', { queue: 'mail' })).code, 'FORBIDDEN')
          }),
        )
      }))
  }

  test('serves this machine alone: a page that rebinds a name, or of another site, is refused', () =>
    withEngine(async (_, __, { args, env }) => {
      await serving(args, env, async (url) => {
        const { port } = new URL(url)
        assert.equal(await statusOf(url, {}), 200)
        assert.equal(await statusOf(url, { host: `localhost:${port}`, origin: `http://localhost:${port}` }), 200)
        assert.equal(await statusOf(url, { host: `evil.test:${port}` }), 403)
        assert.equal(await statusOf(url, { origin: 'http://evil.test' }), 403)
        assert.equal(await statusOf(url, { origin: 'null' }), 403)
        assert.equal(await statusOf(url.replace('/mcp', '/other'), {}), 404)
        assert.equal((await fetch(url)).status, 405)
      })
    }))

  test('with a token, only those who have it are answered, and pages of allowed origins', () =>
    withEngine(async (_, __, { args, env }) => {
      const token = 'a-token-of-some-length'
      const own = { ...env, ERAM_MCP_TOKEN: token }
      await serving([...args, '--host', '0.0.0.0', '--origin', 'https://ops.example.com'], own, async (url) => {
        const near = url.replace('0.0.0.0', '127.0.0.1')
        const authorization = `Bearer ${token}`
        assert.equal(await statusOf(near, {}), 401)
        assert.equal(await statusOf(near, { authorization: 'Bearer another-token-here' }), 401)
        assert.equal(await statusOf(near, { authorization }), 200)
        assert.equal(await statusOf(near, { authorization, host: 'jobs.internal' }), 200)
        assert.equal(await statusOf(near, { authorization, origin: 'https://ops.example.com' }), 200)
        assert.equal(await statusOf(near, { authorization, origin: 'https://evil.test' }), 403)
        await overHttp(near, { authorization }, {}, async ({ ask }) => void (await ask('queues')))
      })
    }))

  test('refuses other machines without a token, and one that is short', async () => {
    const env = { DATABASE_URL: 'postgres://127.0.0.1:1/nowhere' }
    const open = await eramjs(['mcp', '--host', '0.0.0.0'], { env })
    assert.deepEqual([open.code, /expected ERAM_MCP_TOKEN to serve other machines, got --host 0\.0\.0\.0 alone/.test(open.err)], [2, true])
    const short = await eramjs(['mcp', '--http'], { env: { ...env, ERAM_MCP_TOKEN: 'short' } })
    assert.match(short.err, /expected at least 16 characters in ERAM_MCP_TOKEN, got 5/)
    const origin = await eramjs(['mcp', '--http', '--origin', 'ops'], { env })
    assert.match(origin.err, /--origin: expected an origin such as https:\/\/ops\.example\.com, got "ops"/)
  })
})
