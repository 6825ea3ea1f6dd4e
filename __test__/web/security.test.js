// Who may do what over the HTTP API, and what no caller gets: writes that another site sends, secrets, addresses of the database.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createWeb } from '../../integrations/web/index.js'
import { operations, routesOf } from '../../lib/operations/index.js'
import { withApi } from './harness.js'

/** A valid call of each route. @param {string} path */
const filled = (path) => path.replace('{queue}', 'q').replace('{id}', '1').replace('{name}', 'n')

const writes = routesOf(operations).filter(({ reads }) => !reads)

describe('access', () => {
  test('read-only refuses each write and names the permission', () =>
    withApi(
      async ({ engine, call, get }) => {
        const { id } = await engine.enqueue('Any')
        assert.deepEqual((await get('/me')).body.permissions, ['jobs:view_payload', 'view'])
        assert.equal((await get('/audit')).body.error.permission, 'audit:view')
        for (const { method, path, permission } of writes) {
          const { status, body } = await call(method, filled(path), method === 'DELETE' ? undefined : { which: id, queue: 'q' })
          assert.deepEqual([status, body.error.code, body.error.permission], [403, 'FORBIDDEN', permission], path)
        }
        assert.equal((await get(`/jobs/${id}`)).body.state, 'available')
      },
      { access: 'read-only' },
    ))

  test('an object allows what it names; several jobs need jobs:bulk', () =>
    withApi(
      async ({ engine, call }) => {
        const { id } = await engine.enqueue('Any', {}, { schedule_in: 3600 })
        const bulk = await call('POST', '/jobs/retry', { which: { queue: 'default' } })
        assert.deepEqual([bulk.status, bulk.body.error.permission], [403, 'jobs:bulk'])
        assert.equal((await call('POST', '/jobs/retry', { which: [id] })).status, 403)
        assert.equal((await call('POST', '/jobs/retry', { which: id })).status, 200)
        assert.equal((await call('POST', '/jobs/cancel', { which: id })).body.error.permission, 'jobs:cancel')
      },
      { access: () => ({ 'jobs:retry': true }) },
    ))

  test('is decided for each user; without one it is 401, with a useless one 403', () =>
    withApi(
      async ({ get }) => {
        const none = await get('/queues')
        assert.deepEqual([none.status, none.body.error.code], [401, 'UNAUTHENTICATED'])
        assert.equal((await get('/queues', { authorization: 'guest' })).status, 403)
        const me = await get('/me', { authorization: 'ann' })
        assert.deepEqual([me.status, me.body.user], [200, { name: 'ann' }])
        const redirect = await get('/me', { authorization: 'login' })
        assert.deepEqual([redirect.status, redirect.text], [401, '"sign in"'])
      },
      {
        authenticate: (request) => {
          const name = request.headers.get('authorization')
          return name === 'login' ? new Response('"sign in"', { status: 401 }) : name && { name }
        },
        access: (user) => (user?.name === 'ann' ? 'all' : 'deny'),
      },
    ))

  test('that is none of the known answers is refused, and logged', () =>
    withApi(
      async ({ engine, get }) => {
        /** @type {string[]} */
        const lines = []
        engine.on('engine:log', ({ message }) => lines.push(message))
        for (const user of ['x', 'y']) {
          const { status, text } = await get('/queues', { authorization: user })
          assert.deepEqual([status, /everything/.test(text)], [500, false])
        }
        assert.match(lines[0] ?? '', /createWeb\.access: expected 'all', .*, got "everything"/)
        assert.match(lines[1] ?? '', /createWeb\.access: expected true or false for each of .*"jobs:everything"/)
      },
      {
        authenticate: (request) => request.headers.get('authorization'),
        access: /** @type {any} */ ((/** @type {string} */ user) => (user === 'x' ? 'everything' : { 'jobs:everything': true })),
      },
    ))
})

describe('a write that another site sends', () => {
  test('is refused', () =>
    withApi(
      async ({ engine, web, call }) => {
        const { id } = await engine.enqueue('Any')
        const body = JSON.stringify({ which: id })
        const json = { 'content-type': 'application/json', 'x-eram': '1', host: 'eram.test' }
        const { 'x-eram': _, ...unmarked } = json
        /** @type {[Record<string, string>, number][]} */
        const cases = [
          [{ 'content-type': 'application/x-www-form-urlencoded', 'x-eram': '1' }, 415],
          [{ 'content-type': 'text/plain', 'x-eram': '1' }, 415],
          [{ 'content-type': 'multipart/form-data; boundary=x', 'x-eram': '1' }, 415],
          [unmarked, 403],
          [{ ...json, 'sec-fetch-site': 'cross-site' }, 403],
          [{ ...json, 'sec-fetch-site': 'same-site' }, 403],
          [{ ...json, origin: 'http://evil.test' }, 403],
          [{ ...json, origin: 'null' }, 403],
          [{ ...json, origin: 'http://eram.test:81' }, 403],
        ]
        for (const [headers, status] of cases) {
          const response = await web.fetch(new Request('http://eram.test/api/v1/jobs/cancel', { method: 'POST', body, headers }))
          assert.equal(response.status, status, JSON.stringify(headers))
          assert.equal(response.headers.get('access-control-allow-origin'), null)
        }
        assert.equal((await engine.jobs.find(id))?.state, 'available')
        const allowed = [
          { 'sec-fetch-site': 'same-origin' },
          { origin: 'http://eram.test' },
          { origin: 'https://ops.test', 'sec-fetch-site': 'cross-site' },
        ]
        for (const headers of allowed) {
          const { status } = await call('POST', '/jobs/retry', { which: id }, { host: 'eram.test', .../** @type {any} */ (headers) })
          assert.equal(status, 200, JSON.stringify(headers))
        }
      },
      { origins: ['https://ops.test'] },
    ))

  test('a host that is not of this server is refused, for reads too', () =>
    withApi(
      async ({ get }) => {
        const wrong = await get('/queues', { host: 'evil.test' })
        assert.deepEqual([wrong.status, wrong.body.error.code], [421, 'WRONG_HOST'])
        assert.equal((await get('/queues', { host: 'localhost:4004' })).status, 200)
      },
      { hosts: ['localhost', '127.0.0.1'] },
    ))
})

test('each answer has the headers that keep browsers safe', () =>
  withApi(async ({ call }) => {
    for (const [method, path] of [
      ['GET', '/queues'],
      ['GET', '/jobs/1'],
      ['POST', '/jobs'],
      ['PUT', '/x'],
    ]) {
      const { headers } = await call(method ?? '', path ?? '', method === 'GET' ? undefined : {})
      assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';.*frame-ancestors 'none'.*trusted-types eram$/)
      assert.deepEqual(
        ['x-content-type-options', 'cross-origin-resource-policy', 'x-robots-tag'].map((name) => headers.get(name)),
        ['nosniff', 'same-origin', 'noindex'],
      )
    }
  }))

describe('what jobs contain', () => {
  const SECRET = 's3cr3t'
  const args = { user: 1, password: SECRET, card: { number: SECRET, holder: { name: SECRET } }, list: [{ token: SECRET }] }

  test('is redacted by name and by path, everywhere', () =>
    withApi(
      async ({ engine, call, get }) => {
        const { id } = await engine.enqueue('Any', args, { meta: { token: SECRET, note: 'n' }, tags: ['x'] })
        await engine.cron.insert(['0 8 * * *', 'Any', args, { name: 'c', meta: { token: SECRET } }])
        const answers = await Promise.all([
          get(`/jobs/${id}?attempts=true`),
          get('/jobs'),
          get('/jobs/search?text=tag%3Ax'),
          get('/crons'),
          call('POST', '/crons/c/run'),
          call('POST', '/crons/c/pause'),
          call('POST', '/jobs', { worker: 'Other', args }),
          call('POST', '/jobs/cancel', { which: id }).then(() => get(`/jobs/${id}/wait`)),
        ])
        for (const { status, text } of answers) {
          assert.ok(status < 300, text)
          assert.doesNotMatch(text, /s3cr3t/)
          assert.match(text, /\[redacted\]/)
        }
        const [job] = answers
        assert.deepEqual([job?.body.args.user, job?.body.meta.note, job?.body.args.card.number], [1, 'n', '[redacted]'])
      },
      { redact: ['password', 'token', 'args.card.*'] },
    ))

  test('that is redacted cannot be guessed by conditions', () =>
    withApi(
      async ({ call, get }) => {
        const refused = await Promise.all([
          get(`/jobs?args=${encodeURIComponent(JSON.stringify({ password: SECRET }))}`),
          get(`/jobs?args=${encodeURIComponent(JSON.stringify({ card: { number: SECRET } }))}`),
          get(`/jobs/search?text=${encodeURIComponent('args.password:~s')}`),
          get(`/jobs/search?text=${encodeURIComponent('args."pass\\word":~s')}`),
          call('POST', '/jobs/cancel', { which: { meta: { a: { Password: SECRET } } } }),
        ])
        for (const { status, body } of refused) assert.deepEqual([status, body.error.code], [403, 'FORBIDDEN'])
        assert.equal((await get(`/jobs?args=${encodeURIComponent('{"user":1}')}`)).status, 200)
      },
      { redact: ['password', 'args.card.*'] },
    ))

  test('is hidden without jobs:view_payload, and cannot be searched', () =>
    withApi(
      async ({ engine, get }) => {
        const { id } = await engine.enqueue('Any', args, { meta: { token: SECRET } })
        for (const path of [`/jobs/${id}`, '/jobs', '/jobs/search?text=worker%3AAny']) {
          const { status, text } = await get(path)
          assert.equal(status, 200)
          assert.doesNotMatch(text, /s3cr3t|password/)
        }
        assert.deepEqual([(await get(`/jobs/${id}`)).body.args, (await get(`/jobs/${id}`)).body.errors], [null, null])
        for (const path of [
          '/jobs?args=%7B%7D',
          '/jobs?meta=%7B%22a%22%3A1%7D',
          '/jobs/search?text=args.user%3A1',
          '/jobs/search?text=error%3A~x',
        ]) {
          assert.equal((await get(path)).body.error?.permission, 'jobs:view_payload', path)
        }
      },
      { access: () => ({ view: true, 'jobs:view_payload': false }) },
    ))
})

test('each write is in the log of the engine, and goes to audit, without what jobs contain', () => {
  /** @type {import('../../integrations/web/index.js').AuditEntry[]} */
  const entries = []
  /** @type {string[]} */
  const lines = []
  return withApi(
    async ({ engine, call, get }) => {
      engine.on('engine:log', ({ message }) => lines.push(message))
      await call('POST', '/jobs', { worker: 'Any', args: { password: 's3cr3t' } })
      await call('POST', '/queues/none/pause')
      await get('/jobs')
      assert.deepEqual(
        entries.map(({ user, operation, permission, status, code, options }) => ({ user, operation, permission, status, code, options })),
        [
          {
            user: { name: 'ann\n' },
            operation: 'jobs.enqueue',
            permission: 'jobs:enqueue',
            status: 201,
            code: undefined,
            options: { worker: 'Any', args: '…' },
          },
          {
            user: { name: 'ann\n' },
            operation: 'pause',
            permission: 'queues:pause',
            status: 404,
            code: 'ERAM_NOT_FOUND',
            options: { queue: 'none' },
          },
        ],
      )
      assert.equal(lines[0], 'web: "ann\\n" called jobs.enqueue {"worker":"Any","args":"…"}: 201')
      assert.equal(lines[1], 'web: "ann\\n" called pause {"queue":"none"}: 404 ERAM_NOT_FOUND')
    },
    { authenticate: () => ({ name: 'ann\n' }), audit: (entry) => entries.push(entry) },
  )
})

test('options that are wrong are refused', () => {
  const engine = /** @type {any} */ ({ health() {} })
  /** @type {[any, any, RegExp][]} */
  const cases = [
    [null, { access: 'all' }, /^createWeb: expected an engine as the first argument, got null$/],
    [engine, undefined, /^createWeb\.options: expected an object with access, got undefined$/],
    [engine, {}, /^createWeb\.access: expected a function .*, got undefined$/],
    [engine, { access: 'deny' }, /^createWeb\.access: /],
    [engine, { access: 'all', acces: 1 }, /^createWeb\.options: expected those among access, .*, got "acces"$/],
    [engine, { access: 'all', basePath: 'x/' }, /^createWeb\.basePath: expected a path such as \/admin\/eram, got "x\/"$/],
    [engine, { access: 'all', origins: ['ops.test'] }, /^createWeb\.origins: expected an array of origins/],
    [engine, { access: 'all', redact: 'x' }, /^createWeb\.redact: expected an array of paths/],
    [engine, { access: 'all', audit: 1 }, /^createWeb\.audit: expected a function or false, got 1$/],
    [engine, { access: 'all', refresh: { min: 50 } }, /^createWeb\.refresh\.min: expected a whole number from 100 to 60000, got 50$/],
    [
      engine,
      { access: 'all', refresh: { default: 500 } },
      /^createWeb\.refresh\.default: expected a number of at least min, 1000, got 500$/,
    ],
    [engine, { access: 'all', refresh: { every: 500 } }, /^createWeb\.refresh: expected names among default, min, got "every"$/],
    [engine, { access: 'all', limits: { body: -1 } }, /^createWeb\.limits\.body: expected a whole number of 0 or more, got -1$/],
    [
      engine,
      { access: 'all', limits: { x: 1 } },
      /^createWeb\.limits: expected names among body, timeout, keep, list, count, bulk, wait, got "x"$/,
    ],
  ]
  for (const [given, options, message] of cases) assert.throws(() => createWeb(given, options), { code: 'ERAM_CONFIG', message })
})
