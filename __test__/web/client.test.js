// eramjs/client: its files follow from the table; it calls each operation of a server, and says what went wrong.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { describe, test } from 'node:test'
import { ApiError, createClient } from '../../integrations/client/index.js'
import { ROUTES } from '../../integrations/client/routes.js'
import { ROOT } from '../support/snippets.js'
import { read } from '../support/sources.js'
import { ROUTES_FILE, routesFile, TYPES_FILE, typesFile } from './client-files.js'
import { withApi } from './harness.js'

/** As `npm run format` leaves it. @param {string} file @param {string} text */
const formatted = (file, text) =>
  execFileSync(process.execPath, [path.join(ROOT, 'node_modules/@biomejs/biome/bin/biome'), 'format', `--stdin-file-path=${file}`], {
    cwd: ROOT,
    input: text,
    encoding: 'utf8',
  })

describe('the files', () => {
  for (const [file, make] of /** @type {const} */ ([
    [ROUTES_FILE, routesFile],
    [TYPES_FILE, typesFile],
  ])) {
    test(`${file} is what the table makes`, () => {
      const text = formatted(file, make())
      if (process.env.UPDATE_DOCS) writeFileSync(path.join(ROOT, file), text)
      assert.equal(read(file), text, 'run `UPDATE_DOCS=1 node --test __test__/web/client.test.js`')
    })
  }

  test('need no module, of Node or any other', () => {
    const sources = ['index.js', 'routes.js'].map((name) => read(`integrations/client/${name}`)).join('\n')
    assert.deepEqual(
      [...sources.matchAll(/^import .* from '(.*)'$/gm)].map(([, name]) => name),
      ['./routes.js'],
    )
    assert.doesNotMatch(sources, /\b(process|Buffer|require)\b[.(]/)
  })
})

/** @param {import('./harness.js').Api} api @param {(url: string) => Promise<void>} act */
async function served({ web }, act) {
  const server = createServer((request, response) => {
    request.url = request.url?.replace(/^\/eram/, '')
    web.node(request, response)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  try {
    await act(`http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/eram/`)
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

describe('a client', () => {
  test('has a method for each route', () => {
    const client = createClient({ url: 'http://x' })
    for (const name of Object.keys(ROUTES)) {
      const [group = '', verb] = name.split('.')
      const method = /** @type {any} */ (client)[group]
      assert.equal(typeof (verb === undefined ? method : method[verb]), 'function', name)
    }
  })

  test('enqueues, lists, changes and deletes', () =>
    withApi((api) =>
      served(api, async (url) => {
        const client = createClient({ url })
        const { id, conflict } = await client.jobs.enqueue({ worker: 'Any', args: { a: 1 }, queue: 'a/b', tags: ['x', 'y'] })
        assert.equal(conflict, false)
        await client.jobs.enqueue({ worker: 'Other' })
        const { jobs, next } = await client.jobs.list({ queue: ['a/b', 'c'], args: { a: 1 }, inserted_from: new Date(0) })
        assert.deepEqual([jobs.map((job) => job.id), next], [[id], null])
        assert.deepEqual((await client.jobs.find({ id, attempts: true })).attempts, [])
        assert.equal(await client.pause({ queue: 'a/b' }), undefined)
        assert.equal((await client.jobs.update({ which: id, changes: { priority: 5 } })).jobs[0]?.id, id)
        assert.equal((await client.jobs.delete({ which: { queue: 'a/b' } })).jobs[0]?.state, 'deleted')
        const entry = await client.cron.upsert({ entry: { schedule: '@daily', job: 'Any', name: 'd' } })
        assert.deepEqual([entry.expression, (await client.cron.list()).crons.length], ['@daily', 1])
        assert.equal(await client.cron.delete({ name: 'd' }), undefined)
        assert.equal((await client.cron.next({ expression: '@daily', count: 3 })).times.length, 3)
        assert.equal((await client.history({ metric: 'backlog', filter: { queue: 'a' } })).step, 10)
        assert.equal((await client.queues()).queues.length, 2)
      }),
    ))

  test('says what went wrong', () =>
    withApi(
      (api) =>
        served(api, async (url) => {
          const client = createClient({ url, headers: async () => ({ 'x-tried': '1' }) })
          const denied = /** @type {ApiError} */ (await client.jobs.retry({ which: 1 }).catch((error) => error))
          assert.ok(denied instanceof ApiError)
          assert.deepEqual([denied.code, denied.status, denied.permission], ['FORBIDDEN', 403, 'jobs:retry'])
          await assert.rejects(client.jobs.find({ id: 999 }), { code: 'NOT_FOUND', status: 404 })
          await assert.rejects(client.jobs.list({ limit: 5000 }), { code: 'ERAM_CONFIG', field: 'limit' })
          await assert.rejects(client.pause({ queue: '' }), { name: 'TypeError', message: /expected queue, got none/ })
          await assert.rejects(createClient({ url: url.replace('eram', 'else') }).queues(), { status: 404 })
          const other = createClient({ url, fetch: async () => new Response('<html>', { status: 502 }) })
          await assert.rejects(other.queues(), { code: 'INVALID_ANSWER', status: 502 })
          await assert.rejects(client.queues({}, { signal: AbortSignal.abort() }), { name: 'AbortError' })
        }),
      { access: 'read-only' },
    ))
})
