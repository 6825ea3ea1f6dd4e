// What may be the arguments of a job, what becomes of it, and how a refusal names the place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { EramError } from '../../index.js'
import { argsToJson, toJson } from '../../lib/shared/json.js'

class Bag {
  *[Symbol.iterator]() {}
}

function* made() {
  yield 1
}

/** A Map that has another name for itself, and a member. */
class Tagged extends Map {
  own = true
  get [Symbol.toStringTag]() {
    return 'Tagged'
  }
}

class Money {
  constructor() {
    this.amount = 5
    /** @type {string | undefined} */
    this.currency = undefined
  }
  format() {}
}

class Spoken {
  toJSON() {
    return { said: true, none: undefined }
  }
}

test('arguments that JSON can hold are stored as JSON.stringify writes them', () => {
  for (const args of [
    {},
    { email: 'a@b.c', n: 1.5, zero: -0, yes: true, none: null, list: [1, [2, { three: 3 }]], deep: { er: {} } },
    { text: 'é 😀 \u2028 \u0001 \\u0000 \\ud800', 'odd "key"': 1, __proto__: null },
    { at: new Date(0), dropped: undefined, url: new URL('http://a/b') },
    { money: new Money(), spoken: new Spoken(), boxed: Object('text'), bare: Object.assign(Object.create(null), { a: 1 }) },
    new Money(),
    new Spoken(),
  ]) {
    assert.equal(argsToJson(args, 'args'), JSON.stringify(args))
  }
  assert.equal(argsToJson(undefined, 'args'), '{}')
})

test('a shared object is not taken for a cycle', () => {
  const shared = { a: new Spoken() }
  assert.equal(argsToJson({ one: shared, two: [shared] }, 'args'), '{"one":{"a":{"said":true}},"two":[{"a":{"said":true}}]}')
})

test('arguments that JSON would lose or change are refused, with their place', () => {
  const cyclic = { inner: { list: [1] } }
  cyclic.inner.list.push(/** @type {any} */ (cyclic))
  /** @type {[unknown, string][]} */
  const refused = [
    [{ items: [{ id: 1 }, { id: 2 }, { id: 3n }] }, 'args.items[2].id: expected JSON, got a BigInt; pass a string, or a number up to 2^53'],
    [{ cb: () => {} }, 'args.cb: expected JSON, got a function'],
    [{ Type: Money }, 'args.Type: expected JSON, got class Money'],
    [{ s: Symbol('x') }, 'args.s: expected JSON, got a symbol'],
    [{ n: NaN }, 'args.n: expected a finite number, got NaN'],
    [{ n: [-Infinity] }, 'args.n[0]: expected a finite number, got -Infinity'],
    [{ n: Object(NaN) }, 'args.n: expected a finite number, got NaN'],
    [{ when: new Date(NaN) }, 'args.when: expected JSON, got an invalid Date'],
    [{ list: [1, undefined] }, 'args.list[1]: expected JSON, got undefined; use null, or leave the item out'],
    [{ list: new Array(2) }, 'args.list[0]: expected JSON, got undefined; use null, or leave the item out'],
    [{ file: Buffer.from('x') }, "args.file: expected JSON, got a Buffer; pass text, such as buffer.toString('base64')"],
    [{ file: new Uint8Array(1) }, "args.file: expected JSON, got a Uint8Array; pass text, such as buffer.toString('base64')"],
    [{ file: new ArrayBuffer(1) }, "args.file: expected JSON, got an ArrayBuffer; pass text, such as buffer.toString('base64')"],
    [{ map: new Map() }, 'args.map: expected JSON, got a Map; pass Object.fromEntries(map)'],
    [{ set: new Set() }, 'args.set: expected JSON, got a Set; pass [...set]'],
    [{ later: Promise.resolve(1) }, 'args.later: expected JSON, got a Promise; await it first'],
    [{ error: new TypeError('x') }, 'args.error: expected JSON, got a TypeError; pass its message'],
    [{ re: /x/ }, 'args.re: expected JSON, got a RegExp'],
    [{ headers: new Headers() }, 'args.headers: expected JSON, got a Headers; pass Object.fromEntries(headers)'],
    [{ query: new URLSearchParams('a=1') }, 'args.query: expected JSON, got an URLSearchParams; pass Object.fromEntries(urlsearchparams)'],
    [{ form: new FormData() }, 'args.form: expected JSON, got a FormData; pass Object.fromEntries(formdata)'],
    [{ file: new Blob([]) }, 'args.file: expected JSON, got a Blob; pass its text, await blob.text()'],
    [{ request: new Request('http://a') }, 'args.request: expected JSON, got a Request; pass its text, await request.text()'],
    [{ response: new Response() }, 'args.response: expected JSON, got a Response; pass its text, await response.text()'],
    [{ stream: new ReadableStream() }, 'args.stream: expected JSON, got a ReadableStream'],
    [{ error: new DOMException('x') }, 'args.error: expected JSON, got a DOMException; pass its message'],
    [{ signal: AbortSignal.abort() }, 'args.signal: expected JSON, got an AbortSignal'],
    [{ weak: new WeakMap() }, 'args.weak: expected JSON, got a WeakMap'],
    [{ bag: new Bag() }, 'args.bag: expected JSON, got a Bag; pass [...it]'],
    [{ made: made() }, 'args.made: expected JSON, got an object; pass [...it]'],
    [{ map: new Tagged() }, 'args.map: expected JSON, got a Tagged; pass Object.fromEntries(map)'],
    [{ map: vm.runInNewContext('new Map()') }, 'args.map: expected JSON, got a Map; pass Object.fromEntries(map)'],
    [{ when: vm.runInNewContext('new Date(NaN)') }, 'args.when: expected JSON, got an invalid Date'],
    [
      { bytes: vm.runInNewContext('new ArrayBuffer(1)') },
      "args.bytes: expected JSON, got an ArrayBuffer; pass text, such as buffer.toString('base64')",
    ],
    [cyclic, 'args.inner.list[1]: expected JSON, got an object that contains itself'],
    [{ 'odd key': { a: 1n } }, 'args["odd key"].a: expected JSON, got a BigInt; pass a string, or a number up to 2^53'],
    [{ a: 'x\0y' }, 'args.a: expected text that PostgreSQL can store, got a NUL character (\\u0000)'],
    [
      { a: ['\ud800!'] },
      'args.a[0]: expected text that PostgreSQL can store, got half a surrogate pair (\\ud800); string.toWellFormed() replaces it',
    ],
    [
      { a: '\udc00' },
      'args.a: expected text that PostgreSQL can store, got half a surrogate pair (\\udc00); string.toWellFormed() replaces it',
    ],
    [{ 'k\0': 1 }, 'args["k\\u0000"]: expected text that PostgreSQL can store, got a NUL character (\\u0000)'],
    ['text', 'args: expected an object, got a string; give it a name, as in { value: … }'],
    [[1], 'args: expected an object, got an array; give it a name, as in { value: … }'],
    [null, 'args: expected an object, got null; give it a name, as in { value: … }'],
    [new Date(), 'args: expected an object, got a Date; give it a name, as in { value: … }'],
    [new Map(), 'args: expected JSON, got a Map; pass Object.fromEntries(map)'],
  ]
  for (const [args, message] of refused) {
    assert.throws(
      () => argsToJson(args, 'args'),
      (error) => {
        assert.ok(error instanceof EramError)
        assert.equal(error.code, 'ERAM_JOB')
        assert.equal(error.message, message)
        return true
      },
    )
  }
})

test('a toJSON that throws is a refusal with a cause', () => {
  const cause = new Error('no')
  const args = {
    a: {
      toJSON() {
        throw cause
      },
    },
  }
  assert.throws(() => argsToJson(args, 'args'), { code: 'ERAM_JOB', message: 'args.a: expected JSON, got a toJSON() that throws', cause })
})

test('a getter that changes its mind cannot smuggle anything in', () => {
  let looks = 0
  const args = {
    get a() {
      return looks++ === 0 ? 1 : 1n
    },
  }
  assert.throws(() => argsToJson(args, 'args'), { message: /^args\.a: expected JSON, got a BigInt/ })
})

test('nesting has an end', () => {
  let args = {}
  for (let i = 0; i < 100_000; i++) args = { a: args }
  assert.throws(() => argsToJson(args, 'args'), { code: 'ERAM_JOB', message: /: expected at most 500 levels of nesting, got more$/ })
})

test('a caller can choose the code of the error', () => {
  assert.throws(() => toJson({ logger: () => {} }, 'driver.config', 'ERAM_CONFIG'), {
    code: 'ERAM_CONFIG',
    message: 'driver.config.logger: expected JSON, got a function',
  })
})
