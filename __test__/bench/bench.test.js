// The benchmarks run to their end and give figures. How good these are is not for a test to say.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DATABASE_URL, sql } from '../support/database.js'

const PROGRAM = fileURLToPath(new URL('../../bench/index.js', import.meta.url))

/** @param {string[]} words */
async function bench(...words) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...words], { env: { ...process.env, DATABASE_URL } })
  return stdout
}

const OURS = ['--contenders', 'raw,eram']

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
  ['cpu', ['--runs', '1', '--jobs', '10', '--ms', '1', '--threads', '1,2', ...OURS], ['eram'], ['rate', 'speedup', 'cores', 'used', 'lag']],
  [
    'idle',
    ['--runs', '1', '--queues', '3', '--settle', '0.5', '--seconds', '1', ...OURS],
    ['eram'],
    ['queries', 'connections', 'cpu', 'memory'],
  ],
  [
    'history',
    ['--runs', '1', '--finished', '300', '--scheduled', '150', '--jobs', '200'],
    ['an empty table', 'beside the history'],
    ['rate', 'ratio', 'node'],
  ],
  ['nodes', ['--runs', '1', '--nodes', '1,2', '--jobs', '500'], ['1 process', '2 processes'], ['rate', 'fetches', 'vain', 'node']],
  [
    'wake',
    ['--runs', '1', '--callers', '3', '--seconds', '0.3'],
    ['nobody works', 'one polls, nobody is woken', 'one sleeps, and is woken'],
    ['rate', 'ratio', 'notified', 'node'],
  ],
  ['aging', ['--runs', '1', '--drains', '2', '--jobs', '200'], ['drain 1', 'drain 2'], ['rate', 'table', 'indexes', 'left']],
  ['memory', ['--runs', '1', '--jobs', '100', '--idle', '0'], ['idle, enqueues only', 'idle, one queue'], ['bare', 'loaded', 'over']],
  ['startup', ['--runs', '1', '--starts', '1'], ['one queue', 'ten queues'], ['started', 'first']],
  ['schedule', ['--runs', '1', '--jobs', '10', '--ahead', '200', '--spread', '50'], ['eram'], ['p50', 'p95', 'most']],
  [
    'prune',
    ['--runs', '1', '--history', '3000', '--rate', '100', '--seconds', '1'],
    ['history kept', 'beside the pruner'],
    ['rate', 'p50', 'p99', 'pruned'],
  ],
  [
    'drivers',
    ['--runs', '1', '--jobs', '5'],
    ['pg', 'postgres.js', 'prisma', 'knex', 'sequelize', 'kysely Transaction with plugins', 'mikro-orm 7', 'slonik'],
    ['bare', 'statement', 'enqueue'],
  ],
]

for (const [workload, options, contenders, figures] of CASES) {
  test(`${workload} measures each contender in each run`, async () => {
    const lines = (await bench(workload, ...options, '--json')).trim().split('\n')
    const [facts, ...reports] = lines.map((line) => JSON.parse(line))
    assert.match(facts.versions.postgresql, /^\d+/)
    assert.ok(facts.settings.fsync)
    for (const contender of contenders) {
      const own = reports.filter((line) => line.contender === contender)
      const cases = own.filter((line) => 'median' in line)
      assert.equal(own.filter((line) => 'run' in line).length, Number(options[1]) * cases.length, contender)
      for (const { median } of cases) for (const figure of figures) assert.ok(median[figure].median >= 0, `${contender}: ${figure}`)
      assert.ok(cases.length > 0, contender)
    }
    assert.equal(
      reports.some((line) => 'goal' in line),
      workload !== 'drivers',
    )
  })
}

test('who cannot do it is told of with the reason, and not in the figures', async () => {
  const lines = (await bench('cpu', '--runs', '1', '--jobs', '4', '--ms', '1', '--threads', '1', '--json', ...OURS)).trim().split('\n')
  const raw = lines.map((line) => JSON.parse(line)).filter((line) => line.contender === 'raw SQL')
  assert.deepEqual(raw, [{ workload: 'cpu', contender: 'raw SQL', absent: 'it runs nothing' }])
})

test('people get a table, and a schema in their database for no longer than it takes', async () => {
  const database = await sql()
  const schemas = () => database.rows(`SELECT nspname FROM pg_namespace WHERE nspname LIKE 'eram\\_bench\\_%' ORDER BY nspname`)
  try {
    const before = await schemas()
    const text = await bench('drain', '--jobs', '50', '--bytes', '100', '--limit', '10', '--runs', '1', '--contenders', 'raw,eram')
    assert.match(text, /^raw SQL +50 +[\d,]+ +1\.00 /m)
    assert.match(text, /^eram, limit 10 +[\d,]+ /m)
    assert.match(text, /^– tuned: at least 0\.9 × raw SQL: .*not measured: eram, limit 100 was not measured$/m)
    assert.deepEqual(await schemas(), before)
  } finally {
    await database.end()
  }
})

test('the help tells of every workload, and what is misspelt is refused', async () => {
  const help = await bench('--help')
  for (const [workload] of CASES) assert.ok(help.includes(`\n  ${workload} `), workload)
  for (const [words, message] of /** @type {[string[], RegExp][]} */ ([
    [['dran'], /^bench: expected one of drain, latency, .*chart, got "dran"$/m],
    [['drain', '--contenders', 'raw,oban'], /^bench: --contenders: expected some of raw,eram.*, got "oban"$/m],
    [['drain', '--jops', '1'], /^bench: Unknown option '--jops'/m],
    [['drain', '--threads', 'many'], /^bench: --threads: expected a number, got "many"$/m],
  ])) {
    await assert.rejects(bench(...words), (/** @type {any} */ error) => {
      assert.equal(error.code, 1)
      assert.match(error.stderr, message)
      return true
    })
  }
})
