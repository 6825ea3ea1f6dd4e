// The workloads of the benchmark run to their end and report figures. Whether the figures are good is not tested.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bench, results } from '../support/bench.js'
import { sql } from '../support/database.js'

const OURS = ['--competitors', 'raw,eram']

/** @type {[string, string[], string[], string[]][]} workload, options, rows, figures */
const CASES = [
  [
    'drain',
    ['--runs', '2', '--jobs', '300,100', '--limit', '100,10', ...OURS],
    ['raw SQL', 'eram, limit 100', 'eram, limit 10'],
    ['jobs', 'rate', 'ratio', 'node', 'lag'],
  ],
  [
    'latency',
    ['--runs', '1', '--jobs', '5', '--rested', '2', '--rest', '50', ...OURS],
    ['raw SQL', 'eram', 'eram, commit'],
    ['p50', 'p95', 'p99', 'node'],
  ],
  [
    'enqueue',
    ['--runs', '1', '--flight', '5', '--bulk', '20', '--seconds', '0.1', ...OURS],
    ['raw SQL', 'eram', 'eram, worked off'],
    ['rate', 'ratio', 'node'],
  ],
  ['sustained', ['--runs', '1', '--rate', '100', '--seconds', '1', ...OURS], ['raw SQL', 'eram'], ['rate', 'p50', 'p99', 'node']],
  [
    'idle',
    ['--runs', '1', '--queues', '3', '--settle', '0.5', '--seconds', '1', ...OURS],
    ['eram'],
    ['queries', 'connections', 'core', 'memory'],
  ],
  [
    'history',
    ['--runs', '1', '--finished', '300', '--scheduled', '150', '--jobs', '200'],
    ['an empty table', 'beside the history'],
    ['rate', 'ratio', 'node'],
  ],
  [
    'observed',
    ['--runs', '2', '--jobs', '500'],
    [
      'unobserved',
      'metrics, health and scrapes',
      'and a listener of every event',
      '1,000 requests of another server',
      '1,000 requests of the engine',
    ],
    ['rate', 'ratio', 'node'],
  ],
  ['viewed', ['--runs', '2', '--jobs', '500'], ['without a viewer', 'with a viewer of the list of jobs'], ['rate', 'ratio', 'node']],
  [
    'horizon',
    ['--runs', '1', '--rate', '50', '--minutes', '0.05'],
    ['beside an open transaction'],
    ['jobs', 'started', 'p99', 'slower', 'fetch'],
  ],
  [
    'unknown',
    ['--runs', '1', '--backlog', '300', '--idle', '0.5', '--jobs', '2'],
    ['an empty queue', 'behind unknown jobs'],
    ['p50', 'p99'],
  ],
  ['nodes', ['--runs', '1', '--nodes', '1,2', '--jobs', '500'], ['1 process', '2 processes'], ['rate', 'fetches', 'vain', 'node']],
  [
    'charts',
    ['--runs', '1', '--nodes', '2', '--series', '3', '--calls', '2'],
    ['attempts by queue', 'p95 by class', 'waiting jobs'],
    ['p50', 'p95'],
  ],
  [
    'dashboard',
    ['--runs', '1', '--jobs', '20000', '--clients', '2', '--calls', '2'],
    ['newest jobs', 'by args, no match', 'counts', 'a chart', 'retry 2,000 of a search'],
    ['p50', 'p95'],
  ],
  ['memory', ['--runs', '1', '--jobs', '100', '--idle', '0'], ['idle, enqueues only', 'idle, one queue'], ['bare', 'loaded', 'over']],
  ['sleep', ['--runs', '1', '--sleeps', '1'], ['asleep'], ['p50', 'p95', 'queries']],
]

for (const [workload, options, rows, figures] of CASES) {
  test(`${workload} measures each row in each run`, async () => {
    const [facts, ...reports] = await results(workload, ...options)
    assert.match(facts.versions.postgresql, /^\d+/)
    assert.ok(facts.settings.fsync)
    for (const row of rows) {
      const own = reports.filter((line) => line.row === row)
      const cases = own.filter((line) => 'median' in line)
      assert.equal(own.filter((line) => 'run' in line).length, Number(options[1]) * cases.length, row)
      for (const { median } of cases) for (const figure of figures) assert.ok(median[figure].median >= 0, `${row}: ${figure}`)
      assert.ok(cases.length > 0, row)
    }
    assert.ok(reports.some((line) => 'goal' in line))
    const raw = reports.filter((line) => line.row === 'raw SQL')
    if (workload === 'idle') assert.deepEqual(raw, [{ workload, row: 'raw SQL', absent: 'it has no queues to watch' }])
  })
}

test('the report is a table, and the schema is dropped at the end', async () => {
  const database = await sql()
  const schemas = () => database.rows(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'eram\\_bench\\_%' ORDER BY nspname`)
  try {
    const before = await schemas()
    const text = await bench('drain', '--jobs', '50', '--bytes', '100', '--limit', '10', '--runs', '1', '--competitors', 'raw,eram')
    assert.match(text, /^raw SQL +50 +[\d,]+ .* 1$/m)
    assert.match(text, /^eram, limit 10 +[\d,]+ /m)
    assert.match(text, /^ {2}– tuned: at least 0\.9 × raw SQL: .*not measured: eram, limit 100 was not measured$/m)
    assert.deepEqual(await schemas(), before)
  } finally {
    await database.end()
  }
})
