// How lists take newer answers, how attempts become a timeline, and how stacks and failures are grouped.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { source } from './source.js'

/** @param {number} id @param {string} [state] */
const job = (id, state = 'available') => ({ id, state })
/** A full page: it ends with its last job. @param {number} from @param {number} to */
const page = (from, to) => ({ jobs: Array.from({ length: from - to + 1 }, (_, n) => job(from - n)), next: to })
/** @param {{ rows: any[] }} merged */
const shown = ({ rows }) => rows.map(({ job: { id, state }, isGone }) => `${id} ${state}${isGone ? ' gone' : ''}`)
/** @param {{ rows: any[] }} merged */
const ids = ({ rows }) => rows.map(({ job: { id } }) => id)

describe('a newer answer', () => {
  test('replaces a list that is not being read', async () => {
    const { merge } = await source('pages/jobs/merge.ts')
    const first = merge(null, { jobs: [job(3), job(2)], next: null }, true)
    assert.deepEqual(shown(merge(first, { jobs: [job(4), job(3, 'executing')], next: null }, true)), ['4 available', '3 executing'])
  })

  test('changes rows in place, keeps those that left, and counts new ones, while the list is being read', async () => {
    const { merge } = await source('pages/jobs/merge.ts')
    const first = merge(null, { jobs: [job(3), job(2)], next: null }, true)
    const next = merge(first, { jobs: [job(5), job(4), job(3, 'executing')], next: null }, false)
    assert.deepEqual(shown(next), ['3 executing', '2 available gone'])
    assert.deepEqual([next.pending, next.isPendingOpen], [[5, 4], false])
  })

  test('leaves older pages, of which it says nothing', async () => {
    const { append, merge } = await source('pages/jobs/merge.ts')
    const deep = append(merge(null, page(9, 8), true), { jobs: [job(7)], next: null })
    const next = merge(deep, page(10, 9), true)
    assert.deepEqual(ids(next), [10, 9, 8, 7])
    assert.equal(next.next, null)
  })

  test('keeps a list that no page was added to at the length of a page', async () => {
    const { merge } = await source('pages/jobs/merge.ts')
    let list = merge(null, page(50, 1), true)
    for (let top = 60; top <= 1000; top += 10) list = merge(list, page(top, top - 49), true)
    assert.deepEqual([list.rows.length, list.next], [50, 951])
  })

  test('leaves no gap: where newer jobs fill a page, the list begins anew, or says that there are more', async () => {
    const { append, merge } = await source('pages/jobs/merge.ts')
    const deep = append(merge(null, page(50, 1), true), { jobs: [job(0)], next: null })
    const anew = merge(deep, page(300, 251), true)
    assert.deepEqual([ids(anew), anew.next, anew.isDeep], [ids(merge(null, page(300, 251), true)), 251, false])
    const read = merge(deep, page(300, 251), false)
    assert.deepEqual([ids(read), read.pending.length, read.isPendingOpen], [ids(deep), 50, true])
    assert.equal(merge(deep, page(60, 11), false).isPendingOpen, false)
  })

  test('takes older jobs in below, which move nothing', async () => {
    const { merge } = await source('pages/jobs/merge.ts')
    const next = merge(merge(null, page(9, 8), true), { jobs: [job(10), job(8), job(7)], next: 7 }, false)
    assert.deepEqual([shown(next), next.pending, next.next], [['9 available gone', '8 available', '7 available'], [10], 7])
  })

  test('does not undo how far a search has come', async () => {
    const { append, merge } = await source('pages/jobs/merge.ts')
    const far = append(merge(null, { jobs: [], next: 700 }, true), { jobs: [job(350)], next: 300 })
    assert.deepEqual([ids(far), far.next, far.isPartial], [[350], 300, true])
    for (const mayShift of [true, false]) {
      const next = merge(far, { jobs: [job(990)], next: 720 }, mayShift)
      assert.deepEqual([ids(next), next.next, next.isPartial], [mayShift ? [990, 350] : [350], 300, true])
    }
    const whole = append(far, { jobs: [], next: null })
    assert.deepEqual([merge(whole, { jobs: [], next: 800 }, true).next, ids(merge(whole, { jobs: [], next: 800 }, true))], [null, [350]])
    const none = append(merge(null, { jobs: [], next: 700 }, true), { jobs: [], next: null })
    assert.equal(merge(none, { jobs: [], next: 650 }, true).next, null)
  })

  test('keeps a list below its greatest length, and says where it goes on', async () => {
    const { append, merge } = await source('pages/jobs/merge.ts')
    const long = append(merge(null, page(1000, 951), true), page(950, 1))
    const next = merge(long, page(1010, 961), true)
    assert.deepEqual([next.rows.length, ids(next)[0], next.next], [1000, 1010, 11])
  })

  test('of a list that begins with the oldest is taken the other way round', async () => {
    const { append, merge } = await source('pages/jobs/merge.ts')
    const first = merge(null, { jobs: [job(2), job(3)], next: 3 }, true, 'oldest')
    const list = append(first, { jobs: [job(4), job(5)], next: null }, 'oldest')
    // Jobs may come after the last.
    assert.deepEqual([list.next, list.isPartial], [5, false])
    const answer = { jobs: [job(1), job(3, 'executing')], next: 3 }
    assert.deepEqual(shown(merge(list, answer, true, 'oldest')), ['1 available', '3 executing', '4 available', '5 available'])
    assert.deepEqual(shown(merge(list, answer, false, 'oldest')), ['2 available gone', '3 executing', '4 available', '5 available'])
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
