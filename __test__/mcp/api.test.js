// npx eramjs mcp --api: agents on an HTTP API elsewhere, whose rights and those of the command both hold.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { createWeb } from '../../integrations/web/index.js'
import { eramjs } from '../support/cli.js'
import { overStdio, withEngine } from './harness.js'

/** @import { AddressInfo } from 'node:net' */
/** @import { EramEngine } from '../../index.js' */
/** @import { AuditEntry, WebOptions } from '../../integrations/web/index.js' */

const TOKEN = 'the token of the API'.replaceAll(' ', '-')

/**
 * An API that takes a token.
 * @param {EramEngine} engine @param {Partial<WebOptions>} options
 * @param {(url: string, close: () => Promise<void>) => Promise<void>} act
 */
async function withApi(engine, options, act) {
  const web = createWeb(engine, {
    authenticate: (request) => (request.headers.get('authorization') === `Bearer ${TOKEN}` ? { name: 'ops' } : null),
    access: (user) => (user ? 'all' : 'deny'),
    ...options,
  })
  const server = createServer(web.node)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  try {
    await act(`http://127.0.0.1:${/** @type {AddressInfo} */ (server.address()).port}`, close)
  } finally {
    if (server.listening) await close()
  }
}

test('an agent sees what the API shows, less what the command hides, and changes what both allow', () =>
  withEngine(async (engine) => {
    const { id } = await engine.enqueue('MailJob', { password: 's3cr3t', to: 'a' }, { queue: 'mail' })
    /** @type {AuditEntry[]} */
    const audited = []
    const access = /** @type {WebOptions['access']} */ ((user) => (user ? { 'jobs:cancel': true, 'queues:pause': true } : 'deny'))
    await withApi(engine, { access, redact: ['password'], audit: (entry) => void audited.push(entry) }, async (url) => {
      const env = { ERAM_API_TOKEN: TOKEN }
      await overStdio(['--api', `${url}/api/v1/`], env, async ({ ask, problem }) => {
        assert.equal((await ask('jobs_find', { id })).answer.args, null)
        assert.equal((await problem('jobs_cancel', { which: id })).permission, 'jobs:cancel')
      })
      assert.deepEqual(audited, [])
      await overStdio(['--api', url, '--payloads', '--allow-writes'], env, async ({ ask, problem, tools }) => {
        assert.deepEqual((await ask('jobs_find', { id })).answer.args, { password: '[redacted]', to: 'a' })
        const writes = (await tools()).filter(({ annotations }) => !annotations?.readOnlyHint).map(({ name }) => name)
        assert.deepEqual(writes.sort(), ['jobs_cancel', 'pause', 'resume'])
        await ask('jobs_cancel', { which: id })
        assert.equal((await problem('jobs_delete', { which: id })).permission, 'jobs:delete')
        assert.deepEqual(
          [(await problem('pause', { queue: 'none' })).code, (await problem('jobs_find', { id: 4711 })).code],
          ['ERAM_NOT_FOUND', 'NOT_FOUND'],
        )
      })
      assert.deepEqual(
        audited.map(({ user, operation, status }) => [user, operation, status]),
        [
          [{ name: 'ops' }, 'jobs.cancel', 200],
          [{ name: 'ops' }, 'pause', 404],
        ],
      )
    })
  }))

test('an API that is away, or does not know the caller, is named', () =>
  withEngine(async (engine) => {
    await withApi(engine, {}, async (url, close) => {
      const stranger = await eramjs(['mcp', '--api', url], { env: {} })
      assert.equal(stranger.code, 2)
      assert.match(stranger.err, /--api: expected the API of EramJS at http:\S+, got status 401; pass --token, or set ERAM_API_TOKEN/)
      await overStdio(['--api', url, '--token', TOKEN], {}, async ({ ask, problem }) => {
        await ask('queues')
        await close()
        const { code, message } = await problem('queues')
        assert.equal(code, 'ERAM_UNAVAILABLE')
        assert.match(String(message), /expected an answer of http:\S+, got none: ECONNREFUSED/)
      })
      const away = await eramjs(['mcp', '--api', url, '--json'], { env: {} })
      assert.equal(JSON.parse(away.out).error.code, 'ERAM_UNAVAILABLE')
    })
  }))

test('a name and a password in the URL are those of eramjs web', () =>
  withEngine(async (engine) => {
    const expected = `Basic ${Buffer.from('ops:ü x').toString('base64')}`
    const authenticate = (/** @type {Request} */ { headers }) => (headers.get('authorization') === expected ? { name: 'ops' } : null)
    await withApi(engine, { authenticate }, async (url) => {
      await overStdio(['--api', url.replace('//', '//ops:%C3%BC%20x@')], {}, async ({ ask }) => void (await ask('queues')))
    })
  }))
