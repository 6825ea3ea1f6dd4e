// A CPU profile as a tree: times of frames, what is drawn, what a search finds, and the hottest functions.
import assert from 'node:assert/strict'
import { Session } from 'node:inspector/promises'
import { describe, test } from 'node:test'
import { source } from './source.js'

/** @param {number} id @param {string} functionName @param {number[]} [children] @param {string} [url] */
const node = (id, functionName, children = [], url = 'file:///app/job.js') => ({
  id,
  callFrame: { functionName, scriptId: '1', url: functionName.startsWith('(') ? '' : url, lineNumber: 9, columnNumber: 2 },
  children,
})

/** Samples a millisecond apart, of nodes by their ids; the last one counts as long as the others on average. @param {number[]} samples */
const profile = (samples) => ({
  nodes: [
    node(1, '(root)', [2, 6, 7]),
    node(2, 'perform', [3, 4]),
    node(3, 'render', [5], 'file:///app/node_modules/mustache/index.js'),
    node(4, 'write', [], 'node:fs'),
    node(5, 'perform', []),
    node(6, '(idle)'),
    node(7, '(garbage collector)'),
  ],
  startTime: 0,
  endTime: 1_000_000,
  samples,
  timeDeltas: samples.map(() => 1000),
})

const SAMPLES = [2, 3, 3, 5, 5, 5, 4, 6, 6, 7]

describe('the frames of a profile', () => {
  test('have their own time and that of what they called, the widest first', async () => {
    const { below, treeOf } = await source('pages/profile/tree.ts')
    const times = (/** @type {any} */ root) => [...below(root)].map(({ name, self, total }) => `${name} ${self} ${total}`)
    assert.deepEqual(times(treeOf(profile(SAMPLES), true)), [
      '(root) 0 10',
      'perform 1 7',
      'render 2 5',
      'perform 3 3',
      'write 1 1',
      '(idle) 2 2',
      '(garbage collector) 1 1',
    ])
    assert.deepEqual(times(treeOf(profile(SAMPLES), false)).slice(0, 2), ['(root) 0 8', 'perform 1 7'])
    assert.equal(treeOf(profile([]), false).total, 0)
  })

  test('are told apart by whose code they are, with the place of a function', async () => {
    const { below, treeOf } = await source('pages/profile/tree.ts')
    const kinds = new Map([...below(treeOf(profile(SAMPLES), true))].map(({ id, kind, place }) => [id, [kind, place]]))
    assert.deepEqual(kinds.get(2), ['app', '/app/job.js:10:3'])
    assert.deepEqual(
      [3, 4, 6, 7].map((id) => kinds.get(id)?.[0]),
      ['library', 'node', 'idle', 'engine'],
    )
  })

  test('of a real profile add up to the time that was sampled', async () => {
    const { below, treeOf } = await source('pages/profile/tree.ts')
    const session = new Session()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    let sum = 0
    const spend = (/** @type {number} */ depth) => {
      for (let n = 0; n < 50_000; n += 1) sum += Math.sqrt(n)
      if (depth > 0) spend(depth - 1)
    }
    for (let n = 0; n < 30; n += 1) spend(20)
    const { profile: taken } = await session.post('Profiler.stop')
    session.disconnect()
    assert.ok(sum > 0)
    const root = treeOf(taken, true)
    const deltas = (taken.timeDeltas ?? []).slice(1).map((delta) => Math.max(0, delta) / 1000)
    const sampled = deltas.reduce((all, delta) => all + delta, 0)
    assert.ok(Math.abs(root.total - sampled * (1 + 1 / deltas.length)) < 1e-6 * sampled)
    for (const frame of below(root)) {
      const inside = frame.children.reduce((/** @type {number} */ all, /** @type {any} */ { total }) => all + total, frame.self)
      assert.ok(Math.abs(frame.total - inside) < 1e-6 * sampled, frame.name)
    }
    assert.ok([...below(root)].some(({ name }) => name === 'spend'))
  })

  test('that are zoomed to fill the width below those that called them, and thin ones are left out', async () => {
    const { barsOf, below, treeOf } = await source('pages/profile/tree.ts')
    const root = treeOf(profile(SAMPLES), false)
    const render = [...below(root)].find(({ name }) => name === 'render')
    const bars = (/** @type {any} */ zoomed, /** @type {number} */ least) =>
      barsOf(zoomed, least).map((/** @type {any} */ { frame, x, width, depth }) => [frame.name, x, width, depth])
    assert.deepEqual(bars(render, 0), [
      ['(root)', 0, 1, 0],
      ['perform', 0, 1, 1],
      ['render', 0, 1, 2],
      ['perform', 0, 0.6, 3],
    ])
    assert.deepEqual(bars(root, 0.2), [
      ['(root)', 0, 1, 0],
      ['perform', 0, 0.875, 1],
      ['render', 0, 0.625, 2],
      ['perform', 0, 0.375, 3],
    ])
  })

  test('are found by name and file, and none counts twice', async () => {
    const { matching, treeOf } = await source('pages/profile/tree.ts')
    const found = (/** @type {string} */ text) => {
      const { frames, time } = matching(treeOf(profile(SAMPLES), false), text)
      return [frames.size, time]
    }
    assert.deepEqual(found('PERFORM'), [2, 7])
    assert.deepEqual(found('mustache'), [1, 5])
    assert.deepEqual(found('node:'), [1, 1])
    assert.deepEqual(
      [found(''), found('nothing')],
      [
        [0, 0],
        [0, 0],
      ],
    )
  })

  test('are reached by arrow keys', async () => {
    const { below, neighbor, treeOf } = await source('pages/profile/tree.ts')
    const root = treeOf(profile(SAMPLES), false)
    const by = new Map([...below(root)].map((frame) => [frame.id, frame]))
    const to = (/** @type {number} */ id, /** @type {string} */ key) => neighbor(by.get(id), key)?.id
    assert.deepEqual([to(1, 'ArrowDown'), to(2, 'ArrowDown'), to(3, 'ArrowRight'), to(4, 'ArrowLeft'), to(4, 'ArrowUp')], [2, 3, 4, 3, 2])
    assert.deepEqual([to(1, 'ArrowUp'), to(4, 'ArrowRight'), to(4, 'ArrowDown')], [undefined, undefined, undefined])
  })
})

test('the hottest functions: each once, wherever it was called, and a function in itself counts once', async () => {
  const { hottest, treeOf } = await source('pages/profile/tree.ts')
  const rows = hottest(treeOf(profile(SAMPLES), false)).map((/** @type {any} */ { name, self, total }) => `${name} ${self} ${total}`)
  assert.deepEqual(rows, ['perform 4 7', 'render 2 5', 'write 1 1', '(garbage collector) 1 1'])
})
