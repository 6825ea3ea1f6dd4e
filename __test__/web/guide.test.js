// The guide to the HTTP API: its program compiles, runs, and answers as the guide says; its tables are those of the code.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { ERAM_STATUSES, STATUSES } from '../../integrations/web/errors.js'
import { operations, routesOf } from '../../lib/operations/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { freePort } from '../support/free-port.js'
import { finished, LIBRARIES, project, snippets, TSCONFIG } from '../support/snippets.js'
import { read } from '../support/sources.js'

const GUIDE = 'docs/guides/api.md'

test('the program of the guide serves jobs to those who have its token', () =>
  withSchema(async ({ prefix }) => {
    const own = await project({ type: 'module' })
    await own.link('eramjs', ...LIBRARIES)
    await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
    const [server] = snippets(GUIDE).filter(({ name }) => name === 'server.ts')
    const [client] = snippets(GUIDE).filter(({ name }) => name === 'client.ts')
    await own.write('client.ts', String(client?.text))
    await own.write(
      'server.ts',
      String(server?.text).replace('EramEngine.start()', 'EramEngine.start({ prefix: process.env.PREFIX, logger: false })'),
    )
    await own.compile()
    const port = await freePort()
    const env = { ...process.env, DATABASE_URL, PREFIX: prefix, PORT: String(port), API_TOKEN: 'token' }
    const program = spawn(process.execPath, ['dist/server.js'], { cwd: own.folder, env, stdio: ['ignore', 'pipe', 'inherit'] })
    const exit = once(program, 'exit')
    try {
      await Promise.race([once(program.stdout, 'data'), exit.then(([code]) => assert.fail(`it ended with ${code}`))])
      const api = `http://127.0.0.1:${port}/api/v1`
      assert.equal((await fetch(`${api}/queues`)).status, 401)
      const headers = { authorization: 'Bearer token', 'content-type': 'application/json', 'x-eram': '1' }
      const made = await fetch(`${api}/jobs`, {
        method: 'POST',
        headers,
        body: '{"worker":"Any","args":{"password":"p","id":9007199254740993}}',
      })
      assert.equal(made.status, 201)
      const { jobs } = /** @type {any} */ (await (await fetch(`${api}/jobs?state=available`, { headers })).json())
      assert.equal(jobs[0].args.password, '[redacted]')
      assert.match(await (await fetch(`${api}/jobs/${jobs[0].id}`, { headers })).text(), /"id":9007199254740993/)
      const { openapi, servers } = /** @type {any} */ (await (await fetch(`${api}/openapi.json`, { headers })).json())
      assert.deepEqual([openapi, servers[0].url], ['3.1.0', '.'])
      const { out, code } = await finished(process.execPath, ['dist/client.js'], {
        cwd: own.folder,
        env: { API_URL: `http://127.0.0.1:${port}`, API_TOKEN: 'token' },
      })
      assert.deepEqual([code, out.trim()], [0, 'EmailUserJob available'])
      program.kill('SIGTERM')
      assert.deepEqual(await exit, [0, null])
    } finally {
      program.kill('SIGKILL')
    }
  }))

test('its tables have each permission, and each code with its status', () => {
  const guide = read(GUIDE)
  const permissions = new Set([...routesOf(operations).map(({ permission }) => permission), 'jobs:view_payload', 'jobs:bulk'])
  const [, below = ''] = guide.split('| permission | for |')
  const listed = [...(below.split('\n\n')[0] ?? '').matchAll(/`([a-z_:]+)`/g)].map(([, name]) => name)
  assert.deepEqual(listed.sort(), [...permissions].sort())
  for (const [code, status] of Object.entries({ ...STATUSES, ...ERAM_STATUSES })) {
    if (status === 500 || ['ERAM_LOAD', 'ERAM_NOT_MIGRATED', 'ERAM_SCHEMA_TOO_NEW'].includes(code)) continue
    assert.match(guide, new RegExp(`^\\|[^|]*${status}.*\`${code}\``, 'm'), code)
  }
})
