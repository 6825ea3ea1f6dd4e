// Results are written as JSON.stringify writes them, up to a limit, beyond which nothing more is read.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonWithin, TooLong } from '../../lib/shared/bounded-json.js'
import { isLarge } from '../../lib/shared/size.js'

class Point {
  constructor() {
    this.x = 1
  }

  get y() {
    return 2
  }
}

const VALUES = [
  [1, -0, NaN, Infinity, 1e21, 'a', '', '\ud800"\u0000', null, true, undefined, Symbol('s'), () => 1],
  [[], {}, [[]], { a: {} }, [undefined, () => 1, Symbol('s')], { a: undefined, b: () => 1 }, { a: 1, b: [1, 2, { c: undefined }] }],
  [new Date(0), { toJSON: (/** @type {string} */ key) => `<${key}>` }, [{ toJSON: (/** @type {string} */ key) => key }], { toJSON: 1 }],
  [Object('x'), Object(5), Object(false), new Map([[1, 2]]), new Error('e'), /x/, new Point(), new Proxy([1, 2], {})],
  [Buffer.from('ab'), new Float64Array(2), new DataView(new ArrayBuffer(2)), Object.create(null), JSON.parse('{"__proto__":1}')],
].flat()

test('a value has the same text as by JSON.stringify, and fails as there', () => {
  for (const value of VALUES) assert.equal(jsonWithin(value, 1000), JSON.stringify(value))
  const cycle = /** @type {any} */ ({ a: [] })
  cycle.a.push(cycle)
  for (const value of [1n, Object(1n), cycle]) {
    assert.throws(() => JSON.stringify(value), TypeError)
    assert.throws(() => jsonWithin(value, 1000), TypeError)
  }
  // The same object in two places does not contain itself.
  const one = { a: 1 }
  assert.equal(jsonWithin([one, one], 1000), '[{"a":1},{"a":1}]')
})

test('a text of the limit is written, and no longer one', () => {
  for (const value of VALUES) {
    const { length } = JSON.stringify(value) ?? ''
    // The keys and the items of views are counted before they are made.
    if (length === 0 || ArrayBuffer.isView(value)) continue
    assert.equal(jsonWithin(value, length), JSON.stringify(value))
    assert.throws(() => jsonWithin(value, length - 1), TooLong)
  }
})

test('nothing is read beyond the limit', () => {
  let read = 0
  const member = () => {
    read += 1
    return 'xxxx'
  }
  const items = Array.from({ length: 1000 }, () => ({ toJSON: member }))
  assert.throws(() => jsonWithin(items, 50), TooLong)
  assert.ok(read < 10, `${read} items were read`)
})

test('a value is large by its characters, bytes or members, each counted once', () => {
  const long = 'x'.repeat(2 ** 20)
  const cycle = /** @type {any} */ ({})
  cycle.self = [cycle, cycle]
  const list = Array(2000).fill(0)
  for (const value of [long, { a: long }, [[long]], new Map([[1, long]]), new Set([long]), Buffer.alloc(2 ** 20), Array(2 ** 21)]) {
    assert.equal(isLarge(value), true)
  }
  for (const value of ['x', 1, null, undefined, cycle, Array(2000).fill(list), new Date(), new Map([[1, 2]])]) {
    assert.equal(isLarge(value), false)
  }
})
