// How lists take newer answers, how attempts become a timeline, and how stacks and failures are grouped.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { source } from './source.js'

/** @param {number} id @param {string} [state] */
const job = (id, state = 'available') => ({ id, state })
/** @param {{ rows: any[] }} merged */
const shown = ({ rows }) => rows.map(({ job: { id, state }, isGone }) => `${id} ${state}${isGone ? ' gone' : ''}`)

describe('a newer answer', () => {
  test('replaces a list that is not being read', async () => {
    const { merge } = await source('pages/jobs/merge.ts')
    const first = merge([], { jobs: [job(3), job(2)], next: null }, true)
    assert.deepEqual(shown(merge(first.rows, { jobs: [job(4), job(3, 'executing')], next: null }, true)), ['4 available', '3 executing'])
  })

  test('changes rows in place, keeps those that left, and counts new ones, while the list is being read', async () => {
    const { merge } = await source('pages/jobs/merge.ts')
    const first = merge([], { jobs: [job(3), job(2)], next: null }, true)
    const next = merge(first.rows, { jobs: [job(5), job(4), job(3, 'executing')], next: null }, false)
    assert.deepEqual(shown(next), ['3 executing', '2 available gone'])
    assert.deepEqual(next.pending, [5, 4])
  })

  test('leaves older pages, of which it says nothing', async () => {
    const { append, merge } = await source('pages/jobs/merge.ts')
    const first = merge([], { jobs: [job(9), job(8)], next: 8 }, true)
    const rows = append(first.rows, { jobs: [job(8), job(7)], next: null })
    assert.deepEqual(shown(merge(rows, { jobs: [job(10), job(9)], next: 9 }, true)), [
      '10 available',
      '9 available',
      '8 available',
      '7 available',
    ])
  })

  test('of a list that begins with the oldest is taken the other way round', async () => {
    const { append, merge } = await source('pages/jobs/merge.ts')
    const first = merge([], { jobs: [job(2), job(3)], next: 3 }, true, 'oldest')
    const rows = append(first.rows, { jobs: [job(4), job(5)], next: null })
    const answer = { jobs: [job(1), job(3, 'executing')], next: 3 }
    assert.deepEqual(shown(merge(rows, answer, true, 'oldest')), ['1 available', '3 executing', '4 available', '5 available'])
    assert.deepEqual(shown(merge(rows, answer, false, 'oldest')), ['2 available gone', '3 executing', '4 available', '5 available'])
  })
})

describe('a timeline', () => {
  const at = (/** @type {number} */ seconds) => new Date(Date.UTC(2026, 10, 30) + seconds * 1000).toISOString()
  const base = { id: 1, state: 'completed', inserted_at: at(0), scheduled_at: at(50), attempted_at: at(52) }
  const attempts = [
    { attempt: 1, status: 'failure', started_at: at(2), ended_at: at(5), error: null, logs: null },
    { attempt: 2, status: 'success', started_at: at(52), ended_at: at(60), error: null, logs: null },
  ]

  test('has the waits, runs and backoffs of a job, none of them negative', async () => {
    const { attemptTimes, segments } = await source('pages/job/timeline.ts')
    const parts = segments(base, attempts, 0).map((/** @type {any} */ { kind, from, to }) => `${kind} ${(to - from) / 1000}`)
    assert.deepEqual(parts, ['wait 2', 'run 3', 'backoff 45', 'wait 2', 'run 8'])
    assert.deepEqual(
      attemptTimes(base, attempts, 0).map((/** @type {any} */ { waited, ran }) => [waited, ran]),
      [
        [2000, 3000],
        [2000, 8000],
      ],
    )
    const early = { ...base, inserted_at: at(9) }
    assert.ok(attemptTimes(early, attempts, 0).every((/** @type {any} */ { waited }) => waited >= 0))
  })

  test('fills the width, and no run is too small to be found', async () => {
    const { needsLog, scaled } = await source('pages/job/timeline.ts')
    const parts = [
      { kind: 'wait', from: 0, to: 10 },
      { kind: 'run', from: 10, to: 20 },
      { kind: 'backoff', from: 20, to: 86_400_000 },
    ]
    assert.equal(needsLog(parts), true)
    for (const isLog of [true, false]) {
      const bars = scaled(parts, isLog)
      assert.ok(Math.abs(bars.reduce((/** @type {number} */ sum, /** @type {any} */ { width }) => sum + width, 0) - 1) < 1e-9)
      assert.ok(bars[1].width > 0.01)
    }
  })
})

test('frames of libraries are told apart from those of the application', async () => {
  const { frames, grouped } = await source('pages/job/stack.ts')
  const stack =
    'Error: x\n    at deliver (/app/smtp.js:41:11)\n    at /app/node_modules/a/b.js:1:2\n    at node:events:519:28\n    at async Job.perform (file:///app/job.js:5:3)'
  assert.deepEqual(
    grouped(frames(stack)).map((/** @type {any} */ group) => [group.isLibrary, group.frames.length]),
    [
      [false, 1],
      [true, 2],
      [false, 1],
    ],
  )
  assert.deepEqual(frames(stack)[3], { name: 'async Job.perform', place: '/app/job.js:5:3', isLibrary: false })
})

test('the numbers of a chart: stacks, the rest, and CSV', async () => {
  const { csv, drawn, stacked } = await source('chart/series.ts')
  const history = {
    t0: '2026-11-30T10:00:00Z',
    step: 10,
    series: [
      { key: 'a', points: [1, null, 2], total: 3 },
      { key: 'b,c', points: [4, null, 0], total: 4 },
    ],
    other: [1, null, 1],
  }
  const data = drawn(history, 'Other')
  assert.deepEqual(stacked(data.series), [
    [1, null, 2],
    [5, null, 2],
    [6, null, 3],
  ])
  assert.equal(csv(data).split('\n')[0], 'time,a,"b,c",Other')
  assert.equal(csv(data).split('\n')[1], '2026-11-30T10:00:00.000Z,1,4,1')
})
