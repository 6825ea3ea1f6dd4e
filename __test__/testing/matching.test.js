// Which jobs match what is expected, in a table, and what the messages say.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compare, readExpected } from '../../lib/testing/expected.js'
import { differences } from '../../lib/testing/match.js'

/** As jest, vitest and sinon adapters make them. @param {(value: any) => boolean} fn @param {string} name */
const matcher = (fn, name) => ({ asymmetricMatch: fn, toString: () => name })
const anything = matcher((value) => value !== null && value !== undefined, 'Anything')
const containing = (/** @type {string} */ part) =>
  matcher((value) => typeof value === 'string' && value.includes(part), `StringContaining "${part}"`)

const circular = /** @type {any} */ ({ name: 'c' })
circular.self = circular
const AT = new Date('2026-03-29T01:00:00.000Z')

/** [expected, got, whether it matches] @type {[unknown, unknown, boolean][]} */
const VALUES = [
  // Values.
  ['a', 'a', true],
  ['a', 'b', false],
  [1, 1, true],
  [1, '1', false],
  [0, -0, true],
  [NaN, NaN, true],
  [true, true, true],
  [true, 1, false],
  [null, null, true],
  [null, undefined, false],
  [undefined, undefined, true],
  [undefined, null, false],
  [undefined, 0, false],
  ['', '', true],
  // Objects: a part is enough, at each level.
  [{}, {}, true],
  [{}, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: 2 }, true],
  [{ a: 1 }, { a: 2 }, false],
  [{ a: 1 }, {}, false],
  [{ a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }, true],
  [{ a: { b: 1 } }, { a: { b: 2 } }, false],
  [{ a: { b: 1 } }, { a: null }, false],
  [{ a: { b: 1 } }, { a: 'b' }, false],
  [{ a: {} }, { a: [] }, false],
  [{ a: undefined }, {}, true],
  [{ a: undefined }, { a: null }, false],
  [{ a: undefined }, { a: 1 }, false],
  [{ a: null }, { a: null }, true],
  [{ a: null }, {}, false],
  // Arrays: as long, each element a part.
  [[], [], true],
  [[], [1], false],
  [[1, 2], [1, 2], true],
  [[1, 2], [2, 1], false],
  [[1], [1, 2], false],
  [[1], { 0: 1 }, false],
  [[{ a: 1 }], [{ a: 1, b: 2 }], true],
  [[{ a: 1 }], [{ a: 2 }], false],
  [[[1]], [[1]], true],
  [[undefined], [undefined], true],
  // Dates: args have them as texts.
  [AT, '2026-03-29T01:00:00.000Z', true],
  [AT, '2026-03-29T01:00:00Z', false],
  [AT, new Date(AT), true],
  [AT, new Date(0), false],
  [AT, AT.getTime(), false],
  [{ at: AT }, { at: '2026-03-29T01:00:00.000Z' }, true],
  [{ at: {} }, { at: AT }, false],
  // RegExp, functions and matchers.
  [/^a/, 'abc', true],
  [/^a/, 'cba', false],
  [/1/, 1, false],
  [/a/g, 'a', true],
  [(/** @type {number} */ n) => n > 1, 2, true],
  [(/** @type {number} */ n) => n > 1, 1, false],
  [(/** @type {unknown} */ value) => value === undefined, undefined, true],
  [anything, 1, true],
  [anything, undefined, false],
  [containing('@'), 'a@b', true],
  [containing('@'), 'ab', false],
  [{ to: containing('@'), n: anything }, { to: 'a@b', n: 0 }, true],
  [{ to: containing('@') }, { to: 3 }, false],
  [[anything, containing('b')], ['a', 'b'], true],
  // Cycles end.
  [circular, { name: 'c', self: { name: 'c' } }, false],
  [circular, { name: 'd' }, false],
]

test(`${VALUES.length} values match as they should`, () => {
  assert.ok(VALUES.length >= 60)
  for (const [i, [expected, got, matches]] of VALUES.entries()) {
    for (let again = 0; again < 2; again++) assert.equal(differences(expected, got, 'args').length === 0, matches, `row ${i}`)
  }
})

const JOB = {
  id: 1,
  worker: 'Mail',
  queue: 'mails',
  priority: 2,
  tags: ['a', 'b'],
  args: { email: 'a@b.d', list: [{ n: 1 }] },
  meta: { trace: { id: 'x' } },
  inserted_at: AT,
  scheduled_at: new Date(AT.getTime() + 86_400_000),
}

describe('members of a job', () => {
  test('match as they should', () => {
    for (const [expected, matches] of /** @type {[any, boolean][]} */ ([
      [{}, true],
      [{ worker: 'Mail' }, true],
      [{ worker: 'Other' }, false],
      [{ queue: 'mails', priority: 2 }, true],
      [{ priority: 3 }, false],
      [{ tags: ['a', 'b'] }, true],
      [{ tags: ['a'] }, false],
      [{ meta: { trace: { id: /x/ } } }, true],
      [{ scheduled_at: new Date(AT.getTime() + 86_400_500) }, true],
      [{ scheduled_at: new Date(AT.getTime() + 86_402_000) }, false],
      [{ scheduled_at: new Date(AT.getTime() + 86_402_000), within: '5 s' }, true],
      [{ scheduled_in: { days: 1 } }, true],
      [{ scheduled_in: '23 hours' }, false],
      [{ scheduled_in: 86_400_000 }, true],
    ])) {
      assert.equal(compare(readExpected(expected, undefined, 'test'), JOB).length === 0, matches, JSON.stringify(expected))
    }
  })

  test('that are unknown or wrong are named', () => {
    for (const [expected, message] of /** @type {[any, string | RegExp][]} */ ([
      [{ arg: {} }, /^test: expected only queue, priority, .*, got "arg"$/],
      [{ count: 0 }, 'test.count: expected a positive integer, got 0'],
      [{ state: 3 }, 'test.state: expected a state, or an array of states, got 3'],
      [3, 'test: expected a job class, or an object of members, got 3'],
    ])) {
      assert.throws(() => readExpected(expected, undefined, 'test'), { code: 'ERAM_CONFIG', message })
    }
    assert.throws(() => compare({ scheduled_in: 'soon' }, JOB), {
      message: 'scheduled_in: expected a duration (milliseconds, { hours: 1 } or "1 hour"), got "soon"',
    })
  })

  test('that differ are shown with their paths', () => {
    const shown = (/** @type {any} */ expected) =>
      compare(readExpected(expected, undefined, 'test'), JOB).map(
        ({ path, expected: wanted, got }) => `${path}: expected ${wanted}, got ${got}`,
      )
    assert.deepEqual(shown({ args: { email: 'a@b.c' } }), ['args.email: expected "a@b.c", got "a@b.d"'])
    assert.deepEqual(shown({ args: { list: [{ n: 2 }], more: 1 } }), [
      'args.list[0].n: expected 2, got 1',
      'args.more: expected 1, got undefined',
    ])
    assert.deepEqual(shown({ args: { list: [] } }), ['args.list: expected [], got [ { n: 1 } ]'])
    assert.deepEqual(shown({ worker: 'X', queue: 'y' }), ['worker: expected "X", got "Mail"', 'queue: expected "y", got "mails"'])
    assert.deepEqual(shown({ args: { email: /^b/ } }), ['args.email: expected /^b/, got "a@b.d"'])
    assert.deepEqual(shown({ args: { email: containing('#') } }), ['args.email: expected StringContaining "#", got "a@b.d"'])
    const isLong = (/** @type {string} */ text) => text.length > 10
    assert.deepEqual(shown({ args: { email: isLong } }), ['args.email: expected what isLong() accepts, got "a@b.d"'])
    assert.deepEqual(shown({ args: circular }), [
      'args.name: expected "c", got undefined',
      "args.self: expected <ref *1> { name: 'c', self: [Circular *1] }, got undefined",
    ])
    assert.deepEqual(shown({ scheduled_in: '1 hour' }), [
      'scheduled_at: expected 2026-03-29T02:00:00.000Z ± 1000 ms, got 2026-03-30T01:00:00.000Z',
    ])
  })
})
