// What the benchmarks make of their figures: goals, ratios, estimates and charts. Nothing is measured here.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { attempts } from '../../bench/lib/attempt.js'
import { able } from '../../bench/lib/field.js'
import { judge, sentence } from '../../bench/lib/goals.js'
import { all } from '../../bench/lib/options.js'
import { Party } from '../../bench/lib/party.js'
import { Progress, stages } from '../../bench/lib/progress.js'
import { Report } from '../../bench/lib/report.js'
import { peers } from '../../bench/lib/rows.js'
import { WORKLOADS } from '../../bench/workloads/index.js'

/** @import { Goal } from '../../bench/workloads/index.js' */

const PROGRAM = fileURLToPath(new URL('../../bench/index.js', import.meta.url))

/** @param {string} name @param {number | null} rate @param {object} [row] */
const measured = (name, rate, row = {}) => ({ row: { name, ...row }, medians: { rate } })

const ROWS = [
  measured('raw SQL', 100, { contender: 'raw', store: 'postgresql' }),
  measured('eram', 90, { contender: 'eram', store: 'postgresql' }),
  measured('graphile-worker, tuned', 40, { contender: 'graphile-worker', store: 'postgresql', as: 'tuned' }),
  measured('graphile-worker, defaults', 4, { contender: 'graphile-worker', store: 'postgresql', as: 'defaults' }),
  measured('bullmq, tuned', 60, { contender: 'bullmq-redis', store: 'redis', as: 'tuned' }),
  measured('eram', 7, { contender: 'eram', in: 'another case' }),
]

describe('A goal', () => {
  /** @type {[string, Partial<Goal>, boolean | null, RegExp][]} */
  const goals = [
    ['is a number', { least: 80 }, true, /^✔ fast: 90, ≥ 80$/],
    ['is not reached below it', { least: 91 }, false, /^✖ fast: 90, ≥ 91$/],
    ['is an upper bound', { most: 90 }, true, /^✔ fast: 90, ≤ 90$/],
    [
      'is so many times the fastest peer',
      { least: { times: 2, among: peers() } },
      false,
      /^✖ fast: 90, ≥ 120 \(2 × 60 of bullmq, tuned\)$/,
    ],
    [
      'is so many times the fastest of some peers',
      { least: { times: 2, among: peers({ store: 'postgresql' }) } },
      true,
      /^✔ fast: 90, ≥ 80 \(2 × 40 of graphile-worker, tuned\)$/,
    ],
    [
      'is so many times the fastest newcomer',
      { least: { times: 8, among: peers({ as: 'defaults' }) } },
      true,
      /≥ 32 \(8 × 4 of graphile-worker, defaults\)$/,
    ],
    [
      'is a part of the most sparing peer',
      { most: { times: 0.5, among: peers() } },
      false,
      /≤ 2 \(0\.5 × 4 of graphile-worker, defaults\)$/,
    ],
    ['is judged in its case', { in: 'another case', least: 8 }, false, /^✖ fast: 7, ≥ 8$/],
    [
      'has nobody to compare with in another case',
      { in: 'another case', least: { times: 2, among: peers() } },
      null,
      /^– fast: 7, not measured: there was nobody to compare with$/,
    ],
    [
      'of what was not measured is neither reached nor missed',
      { of: 'oban', least: 8 },
      null,
      /^– fast: not measured: oban was not measured$/,
    ],
  ]
  for (const [name, goal, reached, told] of goals) {
    test(name, () => {
      const verdict = judge({ what: 'fast', of: 'eram', key: 'rate', ...goal }, ROWS)
      assert.equal(verdict.reached, reached)
      assert.match(sentence(verdict), told)
    })
  }
})

test('a ratio is taken in each run, against the same run of the other, and its median told', () => {
  /** @type {any[]} */
  const kept = []
  const columns = [
    { key: 'rate', title: 'jobs/s', digits: 0 },
    { key: 'ratio', title: '× raw', digits: 2, over: { key: 'rate', to: 'raw SQL' } },
    { key: 'peers', title: '× best peer', digits: 2, over: { key: 'rate', to: 'best peer' } },
  ]
  const keep = (/** @type {string} */ line) => kept.push(JSON.parse(line))
  const report = new Report({ workload: 'drain', columns, json: true, facts: {}, keep, print: () => {} })
  const rates = [
    { raw: 100, eram: 50, slow: 1, quick: 10 },
    { raw: 10, eram: 20, slow: 2, quick: 10 },
    { raw: 100, eram: 100, slow: 3, quick: 20 },
  ]
  rates.forEach(({ raw, eram, slow, quick }, i) => {
    report.record('raw SQL', i + 1, { rate: raw })
    report.record({ name: 'eram', contender: 'eram' }, i + 1, { rate: eram })
    report.record({ name: 'slow', contender: 'sidequest' }, i + 1, { rate: slow })
    report.record({ name: 'quick', contender: 'pg-boss' }, i + 1, { rate: quick })
  })
  report.end([])
  const { median } = kept.find((line) => line.contender === 'eram' && line.median)
  assert.deepEqual(median.ratio, { median: 1, least: 0.5, most: 2 })
  assert.deepEqual(median.peers, { median: 5, least: 2, most: 5 })
})

test('a contender on Redis does not run without one, and is told of with the reason', () => {
  const contender = /** @type {any} */ ({ name: 'BullMQ', store: 'redis', cannot: { cpu: 'no threads' } })
  const field = { present: [{ name: 'bullmq-redis', contender }], absent: [] }
  const stores = { url: '', whyNoRedis: 'no redis-server was found' }
  assert.deepEqual(able(field, 'drain', stores).absent, [{ name: 'BullMQ', why: 'no redis-server was found' }])
  assert.deepEqual(able(field, 'cpu', stores).absent, [{ name: 'BullMQ', why: 'no threads' }])
  assert.equal(able(field, 'drain', { url: '', redis: 'redis://127.0.0.1:1' }).present.length, 1)
})

test('the estimate begins with what is planned, and learns from what the runs take', () => {
  let now = 0
  const stages = [
    { name: 'drain', seconds: 10, runs: 3 },
    { name: 'idle', seconds: 60, runs: 1 },
  ]
  const progress = new Progress(stages, () => now * 1000)
  assert.equal(progress.left(), 90)
  progress.next()
  now = 5
  progress.record(1)
  assert.equal(progress.left(), 85, 'in its first run, what is planned')
  now = 15
  progress.record(1)
  assert.equal(progress.left(), 30 * 1.5 - 15 + 60 * 1.5, 'and more, when that run takes longer')
  now = 30
  progress.record(2)
  assert.equal(progress.left(), 30 + 60, 'three of six measurements took half of the time')
  now = 60
  progress.next()
  assert.equal(progress.left(), 120, 'the next takes as much longer as the last did')
})

test('a peer that fails is told of once and the others are measured; EramJS that fails ends it all', async () => {
  /** @type {unknown[]} */
  const told = []
  const attempt = attempts({ record: (row, run) => told.push(['record', row, run]), absent: (row, why) => told.push(['absent', row, why]) })
  const peer = { name: 'pg-boss', contender: 'pg-boss' }
  const eram = { name: 'eram', contender: 'eram' }
  const fails = async () => {
    throw new Error('too many clients')
  }
  for (const run of [1, 2]) {
    await attempt(peer, run, fails)
    await attempt(eram, run, async () => ({ rate: 1 }))
  }
  assert.deepEqual(told, [
    ['absent', peer, 'failed in run 1: too many clients'],
    ['record', eram, 1],
    ['record', eram, 2],
  ])
  await assert.rejects(attempt(eram, 3, fails), /too many clients/)
})

test('a measurement that comes to a stop is given up, its process ended', async () => {
  /** @type {unknown[]} */
  const told = []
  const attempt = attempts({ record: () => told.push('figures'), absent: (_, why) => told.push(why) }, 500)
  await attempt({ name: 'pg-boss', contender: 'pg-boss' }, 1, async () => {
    const party = await Party.prepare('bare', {})
    // Nobody tells it to stop.
    return party.run()
  })
  assert.deepEqual(told, ['failed in run 1: it did not come to an end within 0.5 s'])
})

test('the run of all takes every workload, in sizes that it has, and about half an hour', () => {
  const { plan } = all([])
  assert.deepEqual(
    plan.map(({ name }) => name),
    Object.keys(WORKLOADS),
  )
  for (const { name, workload, options } of plan) {
    assert.deepEqual(Object.keys(options).sort(), [...new Set([...Object.keys(workload.options), 'runs'])].sort(), name)
    assert.ok(options.runs >= 1 && options.runs <= 5, name)
    assert.ok(workload.seconds, `${name}: seconds`)
  }
  const seconds = stages(plan).reduce((sum, it) => sum + it.runs * it.seconds, 0)
  assert.ok(seconds > 900 && seconds < 2400, `${seconds} s`)
  assert.ok(all(['--runs', '1']).plan.every(({ options }) => options.runs === 1))
})

describe('A chart', () => {
  /** @param {(folder: string, results: string) => Promise<void>} body */
  async function withFolder(body) {
    const folder = await mkdtemp(join(tmpdir(), 'eram-chart-'))
    try {
      await body(folder, join(folder, 'results.jsonl'))
    } finally {
      await rm(folder, { recursive: true })
    }
  }

  test('of those that the documents show is that of the kept medians', () =>
    withFolder(async (folder) => {
      await promisify(execFile)(process.execPath, [PROGRAM, 'chart', '--to', folder])
      const shown = fileURLToPath(new URL('../../docs/images/', import.meta.url))
      const names = (await readdir(shown)).filter((name) => name.startsWith('bench-')).sort()
      assert.deepEqual((await readdir(folder)).sort(), names)
      for (const name of names) assert.equal(await readFile(join(folder, name), 'utf8'), await readFile(join(shown, name), 'utf8'))
    }))

  const facts = {
    workload: 'drain',
    date: '2026-01-31',
    versions: { eramjs: '1.2.3', node: 'v22.1.0', postgresql: '17.1 (Debian)' },
    machine: { cores: 4 },
    options: { runs: 5 },
    contenders: { eram: { version: 'eramjs 1.2.3' }, 'graphile-worker': { version: 'graphile-worker 9.8.7' } },
  }
  /** @param {string} contender @param {string} of @param {number} rate @param {object} [more] */
  const line = (contender, of, rate, more = {}) => ({
    workload: 'drain',
    contender,
    of,
    case: '200,000 jobs of 100 bytes',
    median: { rate: { median: rate, least: rate, most: rate } },
    ...more,
  })

  test('shows every contender with its figure, the versions and the date, and is well-formed', () =>
    withFolder(async (folder, results) => {
      const lines = [
        facts,
        line('raw SQL', 'raw', 100_000),
        line('eram, limit 100', 'eram', 90_000),
        line('eram, limit 10', 'eram', 80_000),
        line('graphile-worker, tuned', 'graphile-worker', 45_678, { as: 'tuned' }),
        line('graphile-worker, defaults', 'graphile-worker', 4444, { as: 'defaults' }),
        line('<a & b>', 'other', 777),
        line('raw SQL', 'raw', 5555, { case: '20,000 jobs of 2000 bytes' }),
      ]
      await writeFile(results, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
      await promisify(execFile)(process.execPath, [PROGRAM, 'chart', results, '--to', folder])
      assert.deepEqual((await readdir(folder)).sort(), ['bench-drain.svg', 'results.jsonl'])
      const svg = await readFile(join(folder, 'bench-drain.svg'), 'utf8')
      for (const text of [
        'raw SQL',
        '100,000',
        'EramJS',
        '90,000',
        'graphile-worker',
        '45,678',
        '&lt;a &amp; b&gt;',
        '2026-01-31',
        '9.8.7',
      ])
        assert.ok(svg.includes(text), text)
      for (const text of ['80,000', '4,444', '5,555']) assert.ok(!svg.includes(text), text)
      wellFormed(svg)
    }))

  test('of nothing is refused', () =>
    withFolder(async (folder, results) => {
      for (const [text, message] of /** @type {[string, RegExp][]} */ ([
        ['{"workload":"idle"}\n', /expected medians of drain, .*, got none/],
        ['jobs/s 12\n', /expected the lines of --out, got /],
      ])) {
        await writeFile(results, text)
        await assert.rejects(promisify(execFile)(process.execPath, [PROGRAM, 'chart', results, '--to', folder]), message)
      }
      await assert.rejects(promisify(execFile)(process.execPath, [PROGRAM, 'chart', results, results]), /expected one file of results/)
    }))
})

/** Every element is closed, in its turn, and nothing but elements and escaped text is there. @param {string} svg */
function wellFormed(svg) {
  /** @type {string[]} */
  const open = []
  const rest = svg.replace(/<(\/?)([a-z]+)((?: [a-zA-Z]+="[^"<]*")*)(\/?)>/g, (_, closing, name, __, empty) => {
    if (closing) assert.equal(open.pop(), name)
    else if (!empty) open.push(name)
    return ''
  })
  assert.deepEqual(open, [])
  assert.doesNotMatch(rest, /[<>]|&(?!(amp|lt|gt);)/)
}
