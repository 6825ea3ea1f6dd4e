// Values of args and meta beside the jobs of a search: by path, in bounds, and only for those who may see them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addColumns, readColumns } from '../../lib/operations/columns.js'
import { withApi } from './harness.js'

const columnsOf = (/** @type {string[]} */ ...paths) => paths.map((path) => `&columns=${encodeURIComponent(path)}`).join('')

test('a path has parts, quoted where they have dots or blanks', () => {
  assert.deepEqual(readColumns(['args.user_id', 'meta."a.b \\"c\\"".0', 'args.ünï']), [
    ['args', 'user_id'],
    ['meta', 'a.b "c"', '0'],
    ['args', 'ünï'],
  ])
  for (const path of ['args', 'result.x', 'args.', 'args..x', '.args.x', 'args."x', 'args.a b', '', 1]) {
    assert.throws(() => readColumns([path]), { code: 'ERAM_CONFIG' }, String(path))
  }
  assert.throws(() => readColumns(Array.from({ length: 11 }, (_, n) => `args.a${n}`)), /at most 10/)
})

test('a path that leads into another, and members with names of JavaScript, are read as they are', async () => {
  const row = JSON.parse('{"id": 1, "args": {"a": {"b": 1}, "__proto__": {"x": 2}, "list": [{"y": 3}]}, "meta": {}}')
  const found = { jobs: [{ id: 1 }, { id: 2 }] }
  const engine = /** @type {any} */ ({ call: async () => [row] })
  const paths = readColumns(['args.a', 'args.a.b', 'args.__proto__.x', 'args.list.0.y', 'args.toString', 'meta.x.y'])
  await addColumns(engine, found, paths)
  assert.deepEqual(
    found.jobs.map((job) => JSON.stringify(/** @type {any} */ (job).columns)),
    ['{"args":{"a":{"b":1},"__proto__":{"x":2},"list":{"0":{"y":3}}},"meta":{}}', '{}'],
  )
})

test('a search answers with them, digit by digit and cut where they are long, and refuses other paths', () =>
  withApi(async ({ engine, get }, { rows }) => {
    await rows(`INSERT INTO eram_jobs (id, worker, args, meta) VALUES
      (1, 'Any', '{"big": 12345678901234567890, "first name": "Ann", "items": [{"n": 1.50}]}', '{"tenant": "acme"}'),
      (2, 'Any', jsonb_build_object('text', repeat('x', 500), 'list', to_jsonb(array_fill(7, ARRAY[100])), 'none', null), '{}')`)
    const { text } = await get(
      `/jobs/search?text=${columnsOf('args.big', 'args."first name"', 'args.items.0.n', 'meta.tenant', 'args.text', 'args.list', 'args.none')}`,
    )
    const found = [...text.matchAll(/"columns":(\{.*?\}\}?),"can"/g)].map(([, columns = '']) => columns)
    assert.deepEqual(found, [
      `{"args":{"text":"${'x'.repeat(200)}…","list":"[100 items]","none":null},"meta":{}}`,
      '{"args":{"big":12345678901234567890,"first name":"Ann","items":{"0":{"n":1.50}}},"meta":{"tenant":"acme"}}',
    ])
    const { jobs } = await engine.jobs.search('', { columns: 'meta.tenant' })
    assert.deepEqual(
      jobs.map(({ columns }) => columns),
      [{ meta: {} }, { meta: { tenant: 'acme' } }],
    )
    assert.equal((await engine.jobs.search('')).jobs[0]?.columns, undefined)
    const refused = await get(`/jobs/search?text=${columnsOf('result.x')}`)
    assert.deepEqual([refused.status, refused.body.error.code], [400, 'ERAM_CONFIG'])
    assert.match(refused.body.error.message, /columns: expected paths such as args\.user_id/)
  }))

const SECRET = `INSERT INTO eram_jobs (worker, args) VALUES ('Any', '{"user": "ann", "card": {"number": "4242"}, "list": [{"pin": "1"}]}')`

test('what is redacted in args is redacted in columns, however the path leads there', () =>
  withApi(
    async ({ get }, { rows }) => {
      await rows(SECRET)
      const { body, text } = await get(`/jobs/search?text=${columnsOf('args.user', 'args.card.number', 'args.list', 'args.list.0.pin')}`)
      assert.deepEqual(body.jobs[0].columns.args.card, { number: '[redacted]' })
      assert.deepEqual(body.jobs[0].columns.args.user, 'ann')
      const whole = await get(`/jobs/search?text=${columnsOf('args.card', 'args.list.0.pin')}`)
      assert.deepEqual(whole.body.jobs[0].columns.args, { card: { number: '[redacted]' }, list: { 0: { pin: '[redacted]' } } })
      for (const each of [text, whole.text]) assert.doesNotMatch(each, /4242|"pin":"1"/)
    },
    { redact: ['args.card.*', 'pin'] },
  ))

test('without jobs:view_payload, there are none', () =>
  withApi(
    async ({ get }, { rows }) => {
      await rows(SECRET)
      const { body, text } = await get(`/jobs/search?text=${columnsOf('args.user')}`)
      assert.deepEqual(body.jobs[0].columns, { args: null })
      assert.doesNotMatch(text, /ann/)
    },
    { access: () => ({ 'jobs:view_payload': false }) },
  ))
