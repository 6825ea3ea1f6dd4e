// What the benchmark makes of its command line and its figures: plans, goals, ratios and charts. Nothing is measured here.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { whyNot } from '../../bench/competitors/index.js'
import { judge, others, sentence } from '../../bench/lib/goals.js'
import { attempts } from '../../bench/lib/measure.js'
import { parse } from '../../bench/lib/options.js'
import { BEST_OTHER, Report } from '../../bench/lib/report.js'
import { Runner } from '../../bench/lib/runner.js'
import { WORKLOADS } from '../../bench/workloads/index.js'

/** @import { Goal } from '../../bench/workloads/index.js' */

const PROGRAM = fileURLToPath(new URL('../../bench/index.js', import.meta.url))

/** @param {string} name @param {number} rate @param {object} [row] */
const measured = (name, rate, row = {}) => ({ row: { name, ...row }, figures: { rate: { median: rate, least: rate, most: rate } } })

const ROWS = [
  measured('raw SQL', 100, { competitor: 'raw', store: 'postgresql' }),
  measured('eram', 90, { competitor: 'eram', store: 'postgresql' }),
  measured('graphile-worker, tuned', 40, { competitor: 'graphile-worker', store: 'postgresql', as: 'tuned' }),
  measured('graphile-worker, defaults', 4, { competitor: 'graphile-worker', store: 'postgresql', as: 'defaults' }),
  measured('bullmq, tuned', 60, { competitor: 'bullmq-redis', store: 'redis', as: 'tuned' }),
  measured('eram', 7, { competitor: 'eram', in: 'another case' }),
]

describe('A goal', () => {
  /** @type {[string, Partial<Goal>, boolean | null, RegExp][]} */
  const goals = [
    ['is a number', { least: 80 }, true, /^✔ fast: 90, ≥ 80$/],
    ['is not reached below it', { least: 91 }, false, /^✖ fast: 90, ≥ 91$/],
    ['is an upper bound', { most: 90 }, true, /^✔ fast: 90, ≤ 90$/],
    [
      'is a multiple of the fastest other',
      { least: { times: 2, among: others() } },
      false,
      /^✖ fast: 90, ≥ 120 \(2 × 60 of bullmq, tuned\)$/,
    ],
    [
      'is a multiple of the fastest of some others',
      { least: { times: 2, among: others({ store: 'postgresql' }) } },
      true,
      /^✔ fast: 90, ≥ 80 \(2 × 40 of graphile-worker, tuned\)$/,
    ],
    [
      'is a multiple of the fastest with defaults',
      { least: { times: 8, among: others({ as: 'defaults' }) } },
      true,
      /≥ 32 \(8 × 4 of graphile-worker, defaults\)$/,
    ],
    [
      'is a fraction of the most economical other',
      { most: { times: 0.5, among: others() } },
      false,
      /≤ 2 \(0\.5 × 4 of graphile-worker, defaults\)$/,
    ],
    ['is judged in its case', { in: 'another case', least: 8 }, false, /^✖ fast: 7, ≥ 8$/],
    [
      'has nothing to compare with in another case',
      { in: 'another case', least: { times: 2, among: others() } },
      null,
      /^– fast: 7, not measured: there was nothing to compare with$/,
    ],
    [
      'for a row that was not measured is neither reached nor missed',
      { of: 'oban', least: 8 },
      null,
      /^– fast: not measured: oban was not measured$/,
    ],
  ]
  for (const [name, goal, reached, text] of goals) {
    test(name, () => {
      const result = judge({ what: 'fast', of: 'eram', key: 'rate', ...goal }, ROWS)
      assert.equal(result.reached, reached)
      assert.match(sentence(result), text)
    })
  }
})

test('a ratio is taken in each run, against the same run of the other, and its median reported', () => {
  /** @type {any[]} */
  const kept = []
  const ratios = { ratio: 'raw SQL', others: BEST_OTHER }
  const keep = (/** @type {string} */ line) => kept.push(JSON.parse(line))
  /** @type {string[]} */
  const printed = []
  const report = new Report({ workload: 'drain', ratios, keep, print: (line) => printed.push(line) })
  const rates = [
    { raw: 100, eram: 50, slow: 1, quick: 10 },
    { raw: 10, eram: 20, slow: 2, quick: 10 },
    { raw: 100, eram: 100, slow: 3, quick: 20 },
  ]
  rates.forEach(({ raw, eram, slow, quick }, i) => {
    report.record({ name: 'raw SQL' }, i + 1, { rate: raw })
    report.record({ name: 'eram', competitor: 'eram' }, i + 1, { rate: eram })
    report.record({ name: 'slow', competitor: 'bullmq-redis' }, i + 1, { rate: slow })
    report.record({ name: 'quick', competitor: 'pg-boss' }, i + 1, { rate: quick })
  })
  report.end([])
  const { median } = kept.find((line) => line.competitor === 'eram' && line.median)
  assert.deepEqual(median.ratio, { median: 1, least: 0.5, most: 2 })
  assert.deepEqual(median.others, { median: 5, least: 2, most: 5 })
  const table = printed.find((text) => text.includes('× raw SQL'))
  assert.match(table ?? '', /jobs\/s +× raw SQL +× best other\nraw SQL +100 \(10–100\) .*\neram +50 \(20–100\) +1 \(0\.5–2\) +5 \(2–5\)\n/)
})

test('a competitor that cannot take part is absent, with the reason', () => {
  const competitor = /** @type {any} */ ({ name: 'BullMQ', store: 'redis', cannot: { idle: 'no queues' } })
  const stores = { url: '', whyNoRedis: 'no redis-server was found', pids: {} }
  assert.equal(whyNot(competitor, 'drain', stores), 'no redis-server was found')
  assert.equal(whyNot(competitor, 'idle', stores), 'no queues')
  assert.equal(whyNot(competitor, 'drain', { url: '', redis: 'redis://127.0.0.1:1', pids: {} }), undefined)
  assert.equal(whyNot({ ...competitor, store: 'postgresql' }, 'drain', stores), undefined)
})

test('another job queue that fails is reported once and the others are measured; EramJS that fails ends it all', async () => {
  /** @type {unknown[]} */
  const reported = []
  const attempt = attempts({
    record: (row, run) => reported.push(['record', row, run]),
    absent: (row, why) => reported.push(['absent', row, why]),
  })
  const other = { name: 'pg-boss', competitor: 'pg-boss' }
  const eram = { name: 'eram', competitor: 'eram' }
  const fails = async () => {
    throw new Error('too many clients')
  }
  for (const run of [1, 2]) {
    await attempt(other, run, fails)
    await attempt(eram, run, async () => ({ rate: 1 }))
  }
  assert.deepEqual(reported, [
    ['absent', other, 'failed in run 1: too many clients'],
    ['record', eram, 1],
    ['record', eram, 2],
  ])
  await assert.rejects(attempt(eram, 3, fails), /too many clients/)
})

test('a measurement that stalls is given up, and its process killed', async () => {
  // A server that accepts connections and never answers.
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  /** @type {unknown[]} */
  const reported = []
  const attempt = attempts({ record: () => reported.push('figures'), absent: (_, why) => reported.push(why) }, 500)
  await attempt({ name: 'pg-boss', competitor: 'pg-boss' }, 1, async () => {
    const target = { url: `postgres://127.0.0.1:${port}/none`, prefix: 'none' }
    const runner = await Runner.prepare('latency', { competitor: 'raw', target, jobs: 1, rest: 0, seconds: 1 })
    return runner.run()
  })
  assert.deepEqual(reported, ['failed in run 1: it did not end within 0.5 s'])
  server.close()
})

test('without names, the plan has every workload, in sizes of its own, for less than an hour', () => {
  const { plan } = parse([])
  assert.deepEqual(
    plan.map(({ name }) => name),
    Object.keys(WORKLOADS),
  )
  for (const { name, workload, options } of plan) {
    assert.deepEqual(Object.keys(options), Object.keys(workload.options), name)
    assert.ok(options.runs >= 1 && options.runs <= 5, name)
  }
  const seconds = plan.reduce((sum, { workload, options }) => sum + options.runs * workload.seconds, 0)
  assert.ok(seconds > 900 && seconds < 3300, `${seconds} s`)
  assert.ok(parse(['--runs', '1']).plan.every(({ options }) => options.runs === 1))
})

test('several workloads can be named, and each takes those of the options that it has', () => {
  assert.deepEqual(
    parse(['history', 'drain', '--runs', '2']).plan.map(({ name, options }) => [name, options.runs]),
    [
      ['drain', 2],
      ['history', 2],
    ],
  )
  const { plan, competitors, out } = parse([
    'drain',
    'nodes',
    '--jobs',
    '10',
    '--limit',
    '10,20',
    '--competitors',
    'raw,eram',
    '--out',
    'f',
  ])
  assert.deepEqual(
    plan.map(({ options: { jobs, limit } }) => [jobs, limit]),
    [
      [[10], [10, 20]],
      [10, undefined],
    ],
  )
  assert.deepEqual([competitors, out], [['raw', 'eram'], 'f'])
  // Whose packages may not be installed.
  assert.deepEqual(parse(['memory', 'history']).competitors, [])
})

test('the help lists every workload, and misspelt words are rejected', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, '--help'])
  for (const name of Object.keys(WORKLOADS)) assert.ok(stdout.includes(`\n  ${name} `), name)
  for (const [words, message] of /** @type {[string[], RegExp][]} */ ([
    [['dran'], /^bench: expected one of drain, latency, .*chart, got "dran"$/],
    [['drain', '--jops', '1'], /^bench: Unknown option '--jops'/],
    [['latency', '--rest', 'much'], /^bench: --rest: expected a number, got "much"$/],
    [['latency', '--limit', '10'], /^bench: Unknown option '--limit'/],
    [['drain', '--competitors', 'raw,oban'], /^bench: --competitors: expected one of raw, eram.*, got "oban"$/],
  ])) {
    assert.throws(() => parse(words), { name: 'Error', message })
  }
  await assert.rejects(promisify(execFile)(process.execPath, [PROGRAM, 'dran']), { code: 1, stderr: /^bench: expected one of .*\n$/ })
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

  const facts = {
    workload: 'drain',
    date: '2026-01-31',
    versions: { eramjs: '1.2.3', node: 'v22.1.0', postgresql: '17.1 (Debian)' },
    machine: { cores: 4 },
    options: { runs: 5 },
    competitors: { eram: { version: 'eramjs 1.2.3' }, 'graphile-worker': { version: 'graphile-worker 9.8.7' } },
  }
  /** @param {string} row @param {string} competitor @param {number} rate @param {object} [more] */
  const line = (row, competitor, rate, more = {}) => ({
    workload: 'drain',
    row,
    competitor,
    case: '200,000 jobs of 100 bytes',
    median: { rate: { median: rate, least: rate, most: rate } },
    ...more,
  })

  test('shows every competitor with its figure, the versions and the date, and is well-formed', () =>
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

  test('of nothing is rejected', () =>
    withFolder(async (folder, results) => {
      for (const [text, message] of /** @type {[string, RegExp][]} */ ([
        ['{"workload":"idle"}\n', /expected medians of drain, .*, got none/],
        ['jobs/s 12\n', /expected the lines of --out, got /],
      ])) {
        await writeFile(results, text)
        await assert.rejects(promisify(execFile)(process.execPath, [PROGRAM, 'chart', results, '--to', folder]), message)
      }
      for (const files of [[], [results, results]])
        await assert.rejects(promisify(execFile)(process.execPath, [PROGRAM, 'chart', ...files]), /expected one file of results/)
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
