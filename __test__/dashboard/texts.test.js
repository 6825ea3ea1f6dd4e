// How the dashboard writes times and numbers, reads searches and JSON, and finds its pages.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { source } from './source.js'

describe('formats', () => {
  test('durations have two units at most, and no false precision', async () => {
    const { duration } = await source('format.ts')
    const cases = [
      [0, '0ms'],
      [12, '12ms'],
      [340, '0.3s'],
      [1490, '1.5s'],
      [9960, '10s'],
      [59_700, '1m'],
      [61_000, '1m 1s'],
      [3_600_000, '1h'],
      [3_599_900, '1h'],
      [11_520_000, '3h 12m'],
      [180_000_000, '2d 2h'],
    ]
    assert.deepEqual(
      cases.map(([ms]) => duration(ms)),
      cases.map(([, text]) => text),
    )
  })

  test('relative times, clocks and numbers', async () => {
    const { relative, clock, count, rate } = await source('format.ts')
    assert.deepEqual([-500, -3000, 300_000, -90_000_000].map(relative), ['now', '3s ago', 'in 5m', '1d ago'])
    assert.deepEqual([42_000, 3_723_000, 200_000_000].map(clock), ['00:42', '1:02:03', '2d 7h'])
    assert.deepEqual([9999, 23_500, 914_627].map(count), ['9,999', '23.5K', '914.6K'])
    assert.deepEqual([0, 0.04, 4.12, 412].map(rate), ['0', '<0.1', '4.1', '412'])
  })
})

describe('the router', () => {
  test('finds the page below any base path, with names as they are', async () => {
    const { placeOf } = await source('router.ts')
    const at = (/** @type {string} */ path, root = '/') => placeOf(`http://x${path}`, root)?.path
    assert.deepEqual(
      [at('/'), at('/jobs/5'), at('/admin/eram/jobs', '/admin/eram/'), at('/admin/eram', '/admin/eram/')],
      ['/', '/jobs/5', '/jobs', '/'],
    )
    assert.equal(at('/other', '/admin/eram/'), undefined)
  })
})

describe('JSON', () => {
  test('keeps the digits of numbers that a double would change', async () => {
    const { Exact, parseExact, printExact } = await source('json.ts')
    if (typeof (/** @type {any} */ (JSON).rawJSON) !== 'function') {
      // Node 20 does not pass the source; browsers do, and tests in a browser hold it.
      assert.equal(printExact(new Exact('12345678901234567890'), 0), '12345678901234567890')
      assert.equal(printExact({ a: [1, { b: null }], 'x y': new Exact('1.50') }, 0), '{"a":[1,{"b":null}],"x y":1.50}')
      return
    }
    const text = '{"a":12345678901234567890,"b":[1.50,-0,true,null],"c":{}}'
    assert.equal(printExact(parseExact(text), 0), text)
  })

  test('finds the term of a value', async () => {
    const { termOf } = await source('parts/json-tree.tsx')
    const { Exact } = await source('json.ts')
    assert.equal(termOf(['args', 'user_id'], 1), 'args.user_id:1')
    assert.equal(termOf(['args', 'user_id'], '1'), 'args.user_id:"1"')
    assert.equal(termOf(['args', 'first name'], 'Ann Lee'), 'args."first name":"Ann Lee"')
    assert.equal(termOf(['meta', 'list', 3, 'x'], true), 'meta.list.x:true')
    assert.equal(termOf(['args', 'n'], new Exact('12345678901234567890')), 'args.n:12345678901234567890')
    assert.equal(termOf(['result', 'x'], 1), null)
  })
})

describe('terms of a search', () => {
  test('are split at blanks and commas outside quotes', async () => {
    const { terms } = await source('search/terms.ts')
    const found = terms('queue:a,"b c" -tag:test error:"x, \\"y\\"" 42').map((/** @type {any} */ { key, values, isNegated }) => [
      key,
      values,
      isNegated,
    ])
    assert.deepEqual(found, [
      ['queue', ['a', '"b c"'], false],
      ['tag', ['test'], true],
      ['error', ['"x, \\"y\\""'], false],
      [null, ['42'], false],
    ])
  })

  test('are set, added, excluded and removed, and others stay as they are', async () => {
    const { exclude, negated, setValue, terms, toggleValue, valuesOf, without } = await source('search/terms.ts')
    assert.equal(setValue('state:executing tag:vip', 'state', 'retryable'), 'tag:vip state:retryable')
    assert.equal(setValue('state:executing', 'state', null), '')
    assert.equal(toggleValue('queue:a x', 'queue', 'b c'), 'x queue:a,"b c"')
    assert.equal(toggleValue('queue:a,b', 'queue', 'a'), 'queue:b')
    assert.equal(exclude('a', 'queue', 'b'), 'a -queue:b')
    assert.deepEqual(valuesOf('queue:"<img src=x>" -queue:b', 'queue'), ['<img src=x>'])
    const [first] = terms('state:executing queue:a')
    assert.equal(without('state:executing queue:a', first), 'queue:a')
    assert.equal(negated('state:executing queue:a', first), '-state:executing queue:a')
  })
})

test('columns of a list are those of the URL that exist, and paths', async () => {
  const { columnsOf, DEFAULT_COLUMNS, isPath, pathsOf, valueAt } = await source('pages/jobs/columns.ts')
  assert.deepEqual(columnsOf(null), DEFAULT_COLUMNS)
  assert.deepEqual(columnsOf('time,nonsense,state,time'), ['time', 'state'])
  assert.deepEqual(['args.user_id', 'meta."a, b".c', 'args', 'args.', 'result.x', 'args.a b', 'args.<img>'].map(isPath), [
    true,
    true,
    false,
    false,
    false,
    false,
    true,
  ])
  assert.deepEqual(pathsOf(['state', 'args.x']), ['args.x'])
  const job = { columns: { args: { n: 1, 'a.b': { c: 'x' }, list: [1], none: null } } }
  const values = ['args.n', 'args."a.b".c', 'args.list', 'args.none', 'args.other', 'meta.x'].map((path) => valueAt(job, path))
  assert.deepEqual(values, ['1', 'x', '[1]', 'null', null, null])
})
