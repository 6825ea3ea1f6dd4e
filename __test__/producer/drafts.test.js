// eramjs/enqueue builds the drafts that the engine builds, and refuses what it refuses with the same words: on written examples that a
// test in Rust reads too (src/model/draft/tests.rs), and on random options that both are given here.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { defineJob, EramError, statement } from '../../enqueue.js'
import { EramEngine } from '../../index.js'
import { native, registry } from '../../lib/addon/native.js'
import { randomOptions, seededRandom } from './random-options.js'

/** @typedef {Record<string, unknown>} Json */
/** @typedef {{ what: string, worker: string, class?: Json, options: Json, draft?: Json, error?: string }} Vector */
/** @type {Vector[]} */
const VECTORS = JSON.parse(readFileSync(new URL('../support/fixtures/drafts.json', import.meta.url), 'utf8'))

/** What the producer answers. @param {string} worker @param {Json | undefined} options_of_class @param {Json} options */
function answer(worker, options_of_class, options) {
  try {
    const draft = options_of_class ? defineJob(worker, options_of_class).new({}, options) : { worker, args: {}, ...options }
    const [text = ''] = statement(draft, { version: 'v1' }).params
    const [{ args, version, ...rest }] = JSON.parse(text)
    assert.deepEqual([args, version], [{}, 'v1'])
    return { draft: rest }
  } catch (error) {
    assert.ok(error instanceof EramError, String(error))
    return { error: `${error.code}: ${error.message}` }
  }
}

/** What the engine answers. @param {string} worker @param {Json} options */
function engineAnswer(worker, options) {
  try {
    return { draft: JSON.parse(native().draft(registry(), worker, JSON.stringify(options))) }
  } catch (error) {
    return { error: /** @type {Error} */ (error).message }
  }
}

test('there are many examples, of both kinds', () => {
  assert.ok(VECTORS.filter((each) => each.draft).length > 80 && VECTORS.filter((each) => each.error).length > 80)
})

for (const { what, worker, class: options_of_class, options, ...expected } of VECTORS) {
  test(`as written down: ${what}`, () => {
    assert.deepEqual(answer(worker, options_of_class, options), expected)
  })
}

describe('on random options', () => {
  const seed = Number(process.env.ERAM_SEED ?? Math.floor(Math.random() * 2 ** 31))

  test('both give the same answer', (t) => {
    t.diagnostic(`ERAM_SEED=${seed}`)
    const random = seededRandom(seed)
    let drafts = 0
    for (let i = 0; i < 20_000; i++) {
      const options = randomOptions(random)
      const given = answer('Random', undefined, options)
      assert.deepEqual(given, engineAnswer('Random', options), JSON.stringify(options))
      if (given.draft) drafts++
    }
    assert.ok(drafts > 2000 && drafts < 18_000, `${drafts} drafts`)
  })

  test('over those of a class, too', () => {
    const random = seededRandom(seed + 1)
    for (let i = 0; i < 200; i++) {
      const class_options = randomOptions(random, { of: 'class', valid: true })
      const name = `Random${i}`
      let registered = true
      try {
        native().register(registry(), JSON.stringify({ name, ...class_options }))
      } catch (error) {
        registered = false
        assert.deepEqual(answer(name, class_options, {}), { error: /** @type {Error} */ (error).message })
      }
      for (let j = 0; registered && j < 20; j++) {
        const options = randomOptions(random)
        assert.deepEqual(answer(name, class_options, options), engineAnswer(name, options), JSON.stringify([class_options, options]))
      }
    }
  })
})

describe('what JSON cannot hold', () => {
  const cyclic = { inner: {} }
  cyclic.inner = cyclic
  let deep = {}
  for (let i = 0; i < 200; i++) deep = { deep }
  const tx = { query: () => assert.fail('it got to the database') }

  /** @type {[string, unknown, Json][]} */
  const calls = [
    ['a Date in scheduled_at', {}, { scheduled_at: new Date(Date.UTC(2030, 0, 31, 9)) }],
    ['an invalid Date', {}, { scheduled_at: new Date(NaN) }],
    ['infinity as a period', {}, { unique: { period: Infinity } }],
    ['infinity elsewhere', {}, { schedule_in: Infinity }],
    ['NaN', {}, { priority: NaN }],
    ['a BigInt', {}, { priority: 1n }],
    ['a function as backoff', {}, { backoff: () => 1 }],
    ['half a surrogate pair in an option', {}, { queue: 'a\ud800' }],
    ['a NUL in an option', {}, { tags: ['a\0'] }],
    ['a lone surrogate in a key', {}, { meta: { '\udc00': 1 } }],
    ['options that are nested too deep', {}, { meta: { deep } }],
    ['undefined options', {}, { queue: undefined, unique: undefined }],
    ['a Map', new Map(), {}],
    ['a Map inside', { map: new Map() }, {}],
    ['Headers', { headers: new Headers() }, {}],
    ['FormData', { form: new FormData() }, {}],
    ['a BigInt in args', { a: 1n }, {}],
    ['args that contain themselves', cyclic, {}],
    ['NaN in args', { a: [NaN] }, {}],
    ['a NUL in args', { a: '\0' }, {}],
    ['half a surrogate pair in args', { a: '\ud83d!' }, {}],
    ['args with a member __proto__', JSON.parse('{"__proto__":{"a":1}}'), {}],
    ['args that are an array', [1], {}],
    ['args that are null', null, {}],
    ['args that are too long', { a: 'é'.repeat(600_000) }, {}],
    ['args of just the limit', { a: 'x'.repeat(1024 * 1024 - 8) }, {}],
    ['args of just over it', { a: 'x'.repeat(1024 * 1024 - 7) }, {}],
    ['emoji, which take four bytes', { a: '😀'.repeat(262_142) }, {}],
    ['emoji, one too many', { a: '😀'.repeat(262_143) }, {}],
  ]
  for (const [what, args, options] of calls) {
    test(`${what}: both say the same`, async () => {
      /** @param {() => Promise<unknown> | unknown} call */
      const outcome = async (call) => {
        try {
          return { value: await call() }
        } catch (error) {
          assert.ok(error instanceof EramError, String(error))
          return { error: [error.code, error.message] }
        }
      }
      const texts = /** @type {string[]} */ ([])
      const recording = {
        query: async (/** @type {string} */ _sql, /** @type {string[]} */ [text = '']) => {
          texts.push(text)
          return [{ eram: '[{"id":1}]' }]
        },
      }
      const engine = await outcome(() => EramEngine.enqueue('Other', /** @type {any} */ (args), { tx: recording, ...options }))
      const producer = await outcome(() => statement({ worker: 'Other', args, .../** @type {any} */ (options) }).params[0])
      if (engine.error) assert.deepEqual(producer, engine)
      else assert.deepEqual(JSON.parse(String(producer.value)), [JSON.parse(texts[0] ?? '')])
    })
  }

  for (const worker of ['a\0b', '\ud800', 'W'.repeat(128)]) {
    test(`the name ${JSON.stringify(worker.slice(0, 5))}`, () => {
      const expected = engineAnswer(worker, {})
      if (expected.draft) assert.equal(answer(worker, undefined, {}).draft?.worker, expected.draft.worker)
      else assert.deepEqual(answer(worker, undefined, {}), expected)
    })
  }

  test('a refusal comes before any SQL', async () => {
    await assert.rejects(EramEngine.enqueue('Other', {}, { tx, priority: 12 }), { code: 'ERAM_JOB' })
  })
})
