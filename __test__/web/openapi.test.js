// docs/reference/openapi.json: valid, what the table makes, and what the server does. Each route is called with valid and invalid
// input; each answer is what the document says of it. Random input is never answered with 500.
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { ROOT } from '../support/snippets.js'
import { read } from '../support/sources.js'
import { withApi } from './harness.js'
import { FILE, openapi } from './openapi-document.js'
import { random, randomCall } from './random-input.js'

/** @typedef {Record<string, any>} Schema */
/** @typedef {{ method: string, path: string, operation: Schema }} Entry */

/** @type {Schema} */
const document = openapi()

test('the file is what the table makes', () => {
  if (process.env.UPDATE_DOCS) writeFileSync(path.join(ROOT, FILE), JSON.stringify(document, null, 2))
  assert.deepEqual(JSON.parse(read(FILE)), document, 'run `UPDATE_DOCS=1 node --test __test__/web/openapi.test.js` and `npm run format`')
})

test('it is valid OpenAPI 3.1, as another program checks it', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(document))
  assert.ok(valid, JSON.stringify(errors))
})

const entries = Object.entries(document.paths).flatMap(([at, methods]) =>
  Object.entries(/** @type {Schema} */ (methods)).map(([method, operation]) => ({ method: method.toUpperCase(), path: at, operation })),
)

/** Objects have no members beside those that are declared. @param {any} schema @returns {any} */
function strict(schema) {
  if (Array.isArray(schema)) return schema.map(strict)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, strict(value)]))
  return schema.properties && schema.type === 'object' && !('additionalProperties' in schema)
    ? { ...inner, additionalProperties: false }
    : inner
}

const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats.default(ajv)
// The database has +00 where others have +00:00.
ajv.addSchema(strict({ $id: 'api', components: document.components }))

/** Holds an answer against the document. @param {Entry} entry @param {import('./harness.js').Reply} reply */
function check({ method, path: at, operation }, { status, body, text }) {
  const given = operation.responses[status] ?? document.components.responses.Error
  const schema = given.content?.['application/json']?.schema
  const where = `${method} ${at}: ${status} ${text.slice(0, 500)}`
  if (!schema) return assert.equal(text, '', where)
  const validate = ajv.compile(JSON.parse(JSON.stringify(strict(schema)).replaceAll('"#/', '"api#/')))
  assert.ok(validate(body), `${where}\n${JSON.stringify(validate.errors, null, 1).slice(0, 2000)}`)
  assert.equal(status >= 400, !(status in operation.responses), where)
}

/** What there is to call about. @param {import('./harness.js').Api} api */
async function fixtures({ engine }) {
  const jobs = await engine.enqueueAll([
    { worker: 'Any', args: { a: 1 }, queue: 'q', tags: ['x'] },
    { worker: 'Any', args: {}, queue: 'q', schedule_in: 60, backoff: { base: 1 }, timeout: 1000 },
    { worker: 'Other', args: { big: 1 }, unique: true },
    { worker: 'Done', queue: 'runs' },
    { worker: 'Fails', queue: 'runs', max_attempts: 1 },
  ])
  await engine.cron.insert(['0 8 * * *', 'Any', { a: 1 }, { name: 'n', queue: 'q', tags: ['x'], backoff: 'exp' }])
  return jobs.map(({ id }) => id)
}

/** A valid call of each operation. @param {number[]} ids @returns {Record<string, { path?: Schema, query?: Schema, body?: Schema }[]>} */
const validCalls = ([first = 0, second = 0, third = 0]) => ({
  me: [{}],
  events: [{}, { query: { topics: `queues,job:${first}`, refresh: 500 } }],
  'audit.list': [{}, { query: { user: 'ann', operation: ['pause', 'jobs.retry'], result: 'ok', from: '2020-01-01T00:00:00Z', limit: 2 } }],
  queues: [{}],
  backlog: [{}],
  nodes: [{}],
  leader: [{}],
  status: [{}],
  health: [{}, { query: { deep: true } }],
  metrics: [{}, { query: { histograms: false } }],
  history: [
    { query: { metric: 'executed', group: 'queue', window: '15m', step: 60 } },
    { query: { metric: 'backlog', filter: '{"queue":"q"}' } },
    { query: { metric: 'run', agg: 'p95', window: 60_000, top: 3 } },
  ],
  'jobs.wait': [{ path: { id: first }, query: { state: 'available' } }],
  'jobs.find': [{ path: { id: first } }, { path: { id: second }, query: { attempts: true } }],
  'jobs.attempts': [{ path: { id: first } }],
  'jobs.profile': [{ path: { id: first } }],
  // In a test of its own: there is one once a job has run.
  'jobs.cpuProfile': [],
  'jobs.list': [
    {},
    { query: { state: 'available', limit: 2, before: third } },
    { query: { args: '{"a":1}', inserted_from: '2020-01-01T00:00:00Z' } },
  ],
  'jobs.search': [{ query: { text: 'queue:q', limit: 5, timezone: 'Europe/Berlin' } }, { query: { text: '' } }],
  'jobs.why': [{ path: { id: first } }, { path: { id: second } }],
  'jobs.failures': [{}, { query: { window: '1h', queue: 'runs', worker: 'Fails', limit: 5 } }],
  'jobs.suggest': [{ query: { text: 'queue:q args.' } }, { query: { text: 'state:', caret: 6 } }],
  'jobs.preview': [{ query: { action: 'retry', text: 'queue:q' } }],
  'jobs.bulk': [{ body: { action: 'update', text: 'queue:q', max_id: third, limit: 1, changes: { priority: 3 } } }],
  attention: [{}],
  counts: [{}],
  'jobs.enqueue': [{ body: { worker: 'New' } }, { body: { worker: 'Other', args: { big: 1 }, unique: true } }],
  'jobs.update': [{ body: { which: second, changes: { priority: 2, tags: ['y'], timeout: '5 s' } } }],
  'jobs.cancel': [{ body: { which: first, reason: 'no' } }, { body: { which: { queue: 'nothing' } } }],
  'jobs.retry': [{ body: { which: [first] } }],
  'jobs.delete': [{ body: { which: { id: [third] } } }],
  'cron.find': [{ path: { name: 'n' } }],
  pause: [{ path: { queue: 'q' } }, { path: { queue: 'new' }, body: { force: true } }],
  resume: [{ path: { queue: '*' } }],
  scale: [{ path: { queue: 'q' }, body: { limit: 3 } }],
  resetQueue: [{ path: { queue: 'q' }, body: {} }],
  stopQueue: [],
  purge: [{ path: { queue: 'q' }, body: { cancel: true } }],
  resignLeader: [{}],
  'cron.list': [{}],
  'cron.insert': [{ body: { entry: ['@daily', 'Any'] } }],
  'cron.upsert': [{ body: { entry: { schedule: '0 9 * * *', job: 'Any', name: 'n', args: { b: 2 } } } }],
  'cron.update': [{ path: { name: 'n' }, body: { changes: { timezone: 'Asia/Tokyo', queue: 'q' } } }],
  'cron.pause': [{ path: { name: 'n' } }],
  'cron.resume': [{ path: { name: 'n' } }],
  'cron.run': [{ path: { name: 'n' } }],
  'cron.next': [{ query: { expression: '0 8 * * *', count: 2, timezone: 'Europe/Rome' } }],
  'cron.delete': [{ path: { name: 'n' } }],
})

/** @param {Entry} entry @param {Schema} given */
function urlOf({ path: at }, { path: parts = {}, query = {} }) {
  const filled = at.replaceAll(/\{(\w+)\}/g, (_, name) => encodeURIComponent(parts[name] ?? '1'))
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    Array.isArray(value) ? value.map((each) => [name, each]) : [[name, value]],
  )
  return pairs.length === 0 ? filled : `${filled}?${pairs.map((pair) => pair.map(encodeURIComponent).join('=')).join('&')}`
}

const DELAYED = { keep: 0 }

describe('the server does what the document says', () => {
  test('for valid input', () =>
    withApi(
      async (api) => {
        const calls = validCalls(await fixtures(api))
        const named = new Map(entries.map((entry) => [entry.operation.operationId, entry]))
        assert.deepEqual([...named.keys()].sort(), Object.keys(calls).sort())
        for (const [name, all] of Object.entries(calls)) {
          const entry = /** @type {Entry} */ (named.get(name))
          for (const given of all) {
            const reply = await api.call(entry.method, urlOf(entry, given), given.body)
            assert.ok(reply.status < 300, `${name}: ${reply.status} ${reply.text}`)
            check(entry, reply)
          }
        }
      },
      { limits: DELAYED },
    ))

  test('for jobs that have run, a queue that is served, and a node', () =>
    withApi(
      async (api) => {
        const { engine, get, call } = api
        const { defineJob } = await import('../../index.js')
        defineJob('Done', { queue: 'runs' }, () => ({ ok: true }))
        defineJob('Fails', { queue: 'runs', max_attempts: 2, backoff: 'none' }, () => {
          throw Object.assign(new Error('broken'), { code: 'E', cause: new Error('why') })
        })
        const jobs = await engine.enqueueAll([{ worker: 'Done' }, { worker: 'Fails' }].map((job) => ({ ...job, queue: 'runs' })))
        for (const { id } of jobs) await engine.waitFor(id)
        const named = new Map(entries.map((entry) => [entry.operation.operationId, entry]))
        const paths = [
          '/jobs',
          '/queues',
          '/nodes',
          '/leader',
          '/engine',
          '/engine/health',
          '/engine/metrics',
          '/history?metric=executed',
          '/backlog',
          '/attention',
          '/counts',
          '/jobs/failures',
        ]
        const ids = jobs.flatMap(({ id }) => [`/jobs/${id}?attempts=true`, `/jobs/${id}/attempts`, `/jobs/${id}/wait`, `/jobs/${id}/why`])
        for (const at of [...paths, ...ids, '/jobs/search?text=']) {
          const [pathname = ''] = at.split('?')
          const entry = entries.find(
            (each) => each.method === 'GET' && new RegExp(`^${each.path.replaceAll(/\{\w+\}/g, '\\d+')}$`).test(pathname),
          )
          check(/** @type {Entry} */ (entry), await get(at))
        }
        const stopped = await call('POST', '/queues/runs/stop')
        check(/** @type {Entry} */ (named.get('stopQueue')), stopped)
        assert.deepEqual([stopped.status, stopped.body], [200, { released: [] }])
      },
      { limits: DELAYED },
      { queues: { runs: { limit: 2, isolation: 'main' } } },
    ))

  test('for input that is missing, unknown or of another type', () =>
    withApi(async (api) => {
      await fixtures(api)
      for (const entry of entries) {
        const { parameters = [], requestBody } = entry.operation
        const url = urlOf(entry, { query: { unknown: 1 } })
        const wrong = await api.call(entry.method, url, requestBody ? {} : undefined)
        if (entry.path !== '/me') assert.equal(wrong.status, 400, `${entry.method} ${url}: ${wrong.text}`)
        check(entry, wrong)
        for (const { name, in: place } of parameters) {
          if (place !== 'query') continue
          check(entry, await api.call(entry.method, urlOf(entry, { query: { [name]: ['', '{'] } }), undefined))
        }
        if (!requestBody) continue
        for (const body of ['[]', '5', '{"unknown":1}', '{', '{"which":null}', `{"which":${'9'.repeat(400)}}`]) {
          const reply = await api.call(entry.method, urlOf(entry, {}), body)
          assert.ok(reply.status >= 400 && reply.status < 500, `${entry.method} ${entry.path} ${body}: ${reply.status} ${reply.text}`)
          check(entry, reply)
        }
      }
    }))
})

test('random input is never answered with 500', () =>
  withApi(
    async (api) => {
      const ids = await fixtures(api)
      const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))
      const next = random(seed)
      const calls = Number(process.env.CALLS ?? 400)
      for (let n = 0; n < calls; n += 1) {
        const entry = /** @type {Entry} */ (entries[Math.floor(next() * entries.length)])
        // It would take its time.
        if (entry.operation.operationId === 'jobs.wait') continue
        const given = randomCall(entry.operation, document, next, ids)
        const reply = await api.call(entry.method, urlOf(entry, given), given.body === undefined ? undefined : JSON.stringify(given.body))
        const about = `seed ${seed}, call ${n}: ${entry.method} ${urlOf(entry, given)} ${JSON.stringify(given.body)}`
        assert.ok(reply.status < 500, `${about}: ${reply.status} ${reply.text}`)
        check(entry, reply)
      }
    },
    { limits: DELAYED },
  ))
