// The HTTP API: each operation that may be called remotely, its inputs, answers and errors.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ERAM_STATUSES } from '../../integrations/web/errors.js'
import { operations, routesOf } from '../../lib/operations/index.js'
import { unionOf } from '../support/declarations.js'
import { read } from '../support/sources.js'
import { withApi } from './harness.js'

const routes = routesOf(operations)

/** Operations without a route, and why. @type {Record<string, string>} */
const LOCAL = {
  startQueue: 'takes options that run code',
  checkQueue: 'is of the engine that was asked; its status has it',
  drain: 'is for tests and scripts',
  runOnce: 'is for processes that do not stay',
  prometheus: 'is a text, which eramjs/http serves',
  notify: 'its channels are those of the application',
  waitFor: 'as jobs.wait, without a limit',
  'schema.migrate': 'changes the schema',
  'schema.rollback': 'changes the schema',
  'schema.status': 'takes the address of a database',
  'schema.sql': 'needs no database',
  'schema.environment': 'changes what runs on the database',
  'schema.inspect': 'runs statements of the caller',
}

describe('the routes', () => {
  test('an operation has one, or is known to be local', () => {
    assert.deepEqual(
      operations
        .filter(({ remote }) => !remote)
        .map(({ name }) => name)
        .sort(),
      Object.keys(LOCAL).sort(),
    )
  })

  test('no two are the same, and each has the options of its path', () => {
    const forms = routes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
    assert.equal(new Set(forms).size, forms.length)
    for (const { name, path, parameters } of routes) {
      for (const [, option] of path.matchAll(/\{(\w+)\}/g)) {
        assert.ok(
          parameters.some((parameter) => parameter.name === option && parameter.place === 'path'),
          `${name}: ${option}`,
        )
      }
    }
  })

  test('an answer that is an array has a name', () => {
    for (const { name, operation } of routes) {
      assert.equal(operation.answer.type.replace(' | null', '').endsWith('[]'), operation.remote?.list !== undefined, name)
    }
  })

  test('the declarations have each permission', () => {
    const [, below = ''] = read('integrations/web/index.d.ts').split('export type Permission =')
    const declared = [...(below.split('\n\n')[0] ?? '').matchAll(/'([a-z_:]+)'/g)].map(([, name]) => name)
    const used = new Set([...routes.map(({ permission }) => permission), 'jobs:view_payload', 'jobs:bulk'])
    assert.deepEqual(declared.sort(), [...used].sort())
  })
})

describe('jobs', () => {
  test('are enqueued, found, changed and deleted', () =>
    withApi(async ({ call, get }) => {
      const made = await call('POST', '/jobs', {
        worker: 'MailJob',
        args: { to: 'a' },
        queue: 'mail',
        tags: ['vip'],
        schedule_in: '1 hour',
      })
      assert.deepEqual([made.status, made.body.state, made.body.queue, made.body.conflict], [201, 'scheduled', 'mail', false])
      const { id } = made.body
      const found = await get(`/jobs/${id}?attempts=true`)
      assert.deepEqual([found.status, found.body.args, found.body.tags, found.body.attempts], [200, { to: 'a' }, ['vip'], []])
      assert.match(found.body.inserted_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|\+00:00)$/)
      const updated = await call('POST', '/jobs/update', { which: id, changes: { priority: 3 } })
      assert.deepEqual(updated.body, { jobs: [{ id, queue: 'mail', worker: 'MailJob', previous: 'scheduled', state: 'scheduled' }] })
      assert.equal((await get(`/jobs/${id}`)).body.priority, 3)
      assert.equal((await call('POST', '/jobs/retry', { which: [id] })).body.jobs[0].state, 'available')
      assert.equal((await call('POST', '/jobs/cancel', { which: { queue: 'mail' }, reason: 'no' })).body.jobs[0].state, 'cancelled')
      assert.equal((await call('POST', '/jobs/delete', { which: id })).body.jobs[0].state, 'deleted')
      const gone = await get(`/jobs/${id}`)
      assert.deepEqual([gone.status, gone.body.error.code], [404, 'NOT_FOUND'])
      assert.equal((await get(`/jobs/${id}/attempts`)).status, 404)
    }))

  test('a duplicate is shown, without an error', () =>
    withApi(async ({ call }) => {
      const draft = { worker: 'MailJob', args: { args: { tx: 1 } }, unique: true }
      assert.equal((await call('POST', '/jobs', draft)).status, 201)
      const again = await call('POST', '/jobs', draft)
      assert.deepEqual([again.status, again.body.conflict, again.body.args], [200, true, { args: { tx: 1 } }])
    }))

  test('pages are stable while jobs are added and deleted', () =>
    withApi(async ({ engine, get }) => {
      const jobs = await engine.enqueueAll(Array.from({ length: 25 }, () => ({ worker: 'Any' })))
      const ids = jobs.map(({ id }) => id).reverse()
      const seen = []
      let next = ''
      do {
        const { body } = await get(`/jobs?limit=10${next}`)
        seen.push(...body.jobs.map((/** @type {any} */ { id }) => id))
        next = body.next === null ? '' : `&before=${body.next}`
        await engine.enqueue('Any')
        await engine.jobs.delete(seen.at(-1))
      } while (next !== '')
      assert.deepEqual(seen, ids)
    }))

  test('are filtered by lists, times and members of args', () =>
    withApi(async ({ engine, get }) => {
      await engine.enqueue('One', { user: 1 }, { queue: 'a' })
      await engine.enqueue('Two', { user: 2 }, { queue: 'b', tags: ['x'] })
      const workers = async (/** @type {string} */ query) =>
        (await get(`/jobs?${query}`)).body.jobs.map((/** @type {any} */ job) => job.worker)
      assert.deepEqual(await workers('queue=a&queue=b&state=available'), ['Two', 'One'])
      assert.deepEqual(await workers(`args=${encodeURIComponent('{"user":1}')}`), ['One'])
      assert.deepEqual(await workers('tags=x&worker=Two'), ['Two'])
      assert.deepEqual(await workers('inserted_until=2020-01-01T00:00:00Z'), [])
      const found = await get('/jobs/search?text=queue%3Aa')
      assert.deepEqual([found.body.jobs.length, found.body.jobs[0].worker, found.body.next], [1, 'One', null])
    }))

  test('keep their numbers, digit by digit', () =>
    withApi(async ({ call, get }) => {
      const args = '{"id":9007199254740993,"long":123456789012345678901234567890,"dec":1.10,"n":[-0.50]}'
      const made = await call('POST', '/jobs', `{"worker":"Any","args":${args}}`)
      assert.ok(made.text.includes(`"args":${args}`), made.text)
      const shown = await get(`/jobs/${made.body.id}`)
      for (const part of ['"id":9007199254740993', '"long":123456789012345678901234567890', '"dec":1.10', '"n":[-0.50]'])
        assert.ok(shown.text.includes(part), shown.text)
      const at = (/** @type {string} */ text) => get(`/jobs?args=${encodeURIComponent(text)}`)
      assert.equal((await at('{"id":9007199254740993}')).body.jobs.length, 1)
      assert.equal((await at('{"id":9007199254740992}')).body.jobs.length, 0)
      await call('POST', '/jobs/update', `{"which":${made.body.id},"changes":{"args":{"id":12345678901234567}}}`)
      assert.ok((await get(`/jobs/${made.body.id}`)).text.includes('"id":12345678901234567'))
      const wide = await call('POST', '/jobs/update', `{"which":${made.body.id},"changes":{"args":{"id":123456789012345678901}}}`)
      assert.match(wide.body.error.message, /changes: expected numbers that a double or 64 bits hold, got 123456789012345678901$/)
      await call('PUT', '/crons', '{"entry":["0 8 * * *","Any",{"id":9007199254740993},{"name":"big"}]}')
      assert.ok((await get('/crons')).text.includes('"id":9007199254740993'))
      assert.ok((await call('POST', '/crons/big/run')).text.includes('"id":9007199254740993'))
    }))

  test('show a time beyond all others as the last of a Date', () =>
    withApi(async ({ engine, get }, { rows }) => {
      const { id } = await engine.enqueue('Any', {}, { schedule_in: 60 })
      await rows(`UPDATE eram_jobs SET scheduled_at = 'infinity' WHERE id = $1`, [id])
      assert.equal((await get(`/jobs/${id}`)).body.scheduled_at, '+275760-09-13T00:00:00.000Z')
    }))

  test('are waited for, until the client has gone', () =>
    withApi(async ({ engine, get, web }) => {
      const { id } = await engine.enqueue('Any')
      const late = await get(`/jobs/${id}/wait?timeout=50`)
      assert.deepEqual([late.status, late.body.error.code], [504, 'ERAM_TIMEOUT'])
      const client = new AbortController()
      const waiting = web.fetch(new Request(`http://localhost/api/v1/jobs/${id}/wait`, { signal: client.signal }))
      client.abort()
      assert.equal((await waiting).status, 504)
      const ended = get(`/jobs/${id}/wait?timeout=30s`)
      await engine.jobs.cancel(id)
      assert.equal((await ended).body.state, 'cancelled')
    }))
})

describe('queues, nodes and crons', () => {
  test('are shown and set', () =>
    withApi(async ({ engine, call, get }) => {
      await engine.enqueue('Any', {}, { queue: 'a/b ü' })
      const name = encodeURIComponent('a/b ü')
      for (const [action, body] of /** @type {[string, any][]} */ ([['pause'], ['resume', {}], ['scale', { limit: 3 }], ['reset', {}]])) {
        const answer = await call('POST', `/queues/${name}/${action}`, body)
        assert.deepEqual([answer.status, answer.body], [204, null], action)
      }
      assert.deepEqual((await call('POST', `/queues/${name}/purge`, { cancel: true })).body, { purged: 1, refused: 0 })
      assert.deepEqual(
        (await get('/queues')).body.queues.map((/** @type {any} */ { queue }) => queue),
        ['a/b ü'],
      )
      await engine.enqueue('Any', {}, { queue: 'a/b ü' })
      assert.equal((await get('/backlog')).body.queues[0].depth, 1)
      assert.deepEqual((await get('/nodes')).body, { nodes: [] })
      assert.equal((await get('/leader')).text, 'null')
      assert.equal((await get('/engine')).body.name, engine.name)
      assert.equal((await get('/engine/health?deep=true')).body.checks.probe.ok, true)
      assert.equal((await get('/engine/metrics')).body.node, engine.node)
      assert.equal((await get('/history?metric=executed&window=1h')).body.step, 10)
      const unknown = await call('POST', '/queues/none/pause')
      assert.deepEqual([unknown.status, unknown.body.error.code], [404, 'ERAM_NOT_FOUND'])
      assert.match(unknown.body.error.message, /none/)
    }))

  test('cron entries are added, changed, run and deleted', () =>
    withApi(async ({ call, get }) => {
      const entry = { schedule: '0 8 * * *', job: 'ReportJob', name: 'daily/one' }
      const made = await call('POST', '/crons', { entry })
      assert.deepEqual([made.status, made.body.name, made.body.source], [201, 'daily/one', 'runtime'])
      const conflict = await call('POST', '/crons', { entry })
      assert.deepEqual([conflict.status, conflict.body.error.code], [409, 'ERAM_UNIQUE_CONFLICT'])
      const at = `/crons/${encodeURIComponent('daily/one')}`
      assert.equal((await call('PATCH', at, { changes: { schedule: '0 9 * * *' } })).body.expression, '0 9 * * *')
      assert.equal((await call('POST', `${at}/pause`)).body.paused, true)
      assert.equal((await call('POST', `${at}/resume`)).body.paused, false)
      const run = await call('POST', `${at}/run`)
      assert.deepEqual([run.status, run.body.worker], [201, 'ReportJob'])
      const times = await get('/crons/next?expression=0%208%20*%20*%20*&count=2&after=2030-01-01T00:00:00Z')
      assert.deepEqual(
        times.body.times.map((/** @type {string} */ time) => new Date(time).toISOString()),
        ['2030-01-01T08:00:00.000Z', '2030-01-02T08:00:00.000Z'],
      )
      assert.equal((await call('DELETE', at)).status, 204)
      assert.equal((await call('DELETE', at)).status, 404)
    }))
})

describe('an answer', () => {
  test('has an ETag, and is not sent again while it is the same', () =>
    withApi(
      async ({ engine, get }) => {
        await engine.enqueue('Any')
        const first = await get('/jobs')
        const etag = first.headers.get('etag') ?? ''
        assert.match(etag, /^"[\w-]{27}"$/)
        const same = await get('/jobs', { 'if-none-match': `"x", W/${etag}` })
        assert.deepEqual([same.status, same.text, same.headers.get('etag')], [304, '', etag])
        await engine.enqueue('Any')
        const other = await get('/jobs', { 'if-none-match': etag })
        assert.equal(other.status, 200)
        assert.notEqual(other.headers.get('etag'), etag)
      },
      { limits: { keep: 0 } },
    ))

  test('to HEAD has no body, and a method that a path does not have is refused', () =>
    withApi(async ({ call }) => {
      const head = await call('HEAD', '/jobs')
      assert.deepEqual([head.status, head.text], [200, ''])
      const wrong = await call('PUT', '/jobs', {})
      assert.deepEqual([wrong.status, wrong.body.error.code, wrong.headers.get('allow')], [405, 'METHOD_NOT_ALLOWED', 'GET, HEAD, POST'])
      assert.equal((await call('GET', '/nothing')).body.error.code, 'NOT_FOUND')
      assert.equal((await call('POST', '/queues/%zz/pause')).status, 404)
      assert.equal((await call('GET', '')).status, 404)
    }))
})

describe('an error', () => {
  test('names what was expected and what came', () =>
    withApi(async ({ call, get }) => {
      /** @type {[Promise<import('./harness.js').Reply>, number, string, RegExp][]} */
      const cases = [
        [get('/jobs?limit=x'), 400, 'ERAM_CONFIG', /^jobs\.list\.limit: expected a whole number, got "x"$/],
        [get('/jobs?limit=1001'), 400, 'ERAM_CONFIG', /^jobs\.list\.limit: expected a number of at most 1000, got 1001$/],
        [get('/jobs?limit=1&limit=2'), 400, 'ERAM_CONFIG', /limit: expected one value, got several$/],
        [get('/jobs?offset=1'), 400, 'ERAM_CONFIG', /offset/],
        [get('/jobs?args=x'), 400, 'ERAM_CONFIG', /args: expected JSON, got "x"$/],
        [get('/jobs?inserted_from=yesterday'), 400, 'ERAM_CONFIG', /inserted_from: expected a time such as .*, got "yesterday"$/],
        [get('/jobs/0'), 400, 'ERAM_CONFIG', /id/],
        [get('/jobs/9007199254740993'), 400, 'ERAM_CONFIG', /id: expected a whole number/],
        [get('/jobs/search'), 400, 'ERAM_CONFIG', /text: expected a value, got none$/],
        [get('/jobs/search?text=states%3Ax'), 400, 'ERAM_CONFIG', /state/],
        [call('POST', '/jobs', {}), 400, 'ERAM_CONFIG', /worker: expected a value, got none$/],
        [call('POST', '/jobs', []), 400, 'ERAM_CONFIG', /body: expected an object, got an array$/],
        [call('POST', '/jobs', { worker: 'Any', args: 5 }), 400, 'ERAM_CONFIG', /args: expected an object, got 5$/],
        [call('POST', '/jobs', { worker: 'Any', priority: 99 }), 400, 'ERAM_JOB', /priority/],
        [call('POST', '/jobs', { worker: 'Any', tx: 1 }), 400, 'ERAM_CONFIG', /tx: expected worker, args, /],
        [call('POST', '/jobs', '{"worker":"A\\u0000"}'), 400, 'ERAM_CONFIG', /NUL/],
        [call('POST', '/jobs/cancel', { which: {} }), 400, 'ERAM_CONFIG', /jobs\.cancel/],
        [call('POST', '/jobs/cancel', { which: [] }), 400, 'ERAM_CONFIG', /which: expected 1 to 10000 items, got 0$/],
        [call('POST', '/jobs/cancel', '{"which":'), 400, 'INVALID_JSON', /^expected JSON in the body/],
        [call('POST', '/jobs/cancel', `{"which":${'['.repeat(501)}`), 400, 'INVALID_JSON', /levels of nesting/],
        [call('POST', '/jobs/cancel', `"${'x'.repeat(1024 * 1024)}"`), 413, 'TOO_LARGE', /1048576 bytes/],
      ]
      for (const [reply, status, code, message] of cases) {
        const { body, ...rest } = await reply
        assert.deepEqual([rest.status, body.error.code], [status, code], body.error.message)
        assert.match(body.error.message, message)
      }
      assert.equal((await get('/jobs?limit=x')).body.error.field, 'limit')
    }))

  test('of EramJS has a status by its code', () => {
    const codes = unionOf('EramErrorCode')
    assert.deepEqual(
      Object.keys(ERAM_STATUSES).filter((code) => !codes.includes(code)),
      [],
    )
  })
})
