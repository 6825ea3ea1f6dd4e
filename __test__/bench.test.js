// The benchmarks run to their end and give figures. How good these are is not for a test to say.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { DATABASE_URL, sql } from './helpers/database.js'

const PROGRAM = fileURLToPath(new URL('../bench/index.js', import.meta.url))

/** @param {string[]} words */
async function bench(...words) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, ...words], { env: { ...process.env, DATABASE_URL } })
  return stdout
}

/** @type {[string, string[], string[], string[]][]} workload, options, contenders, figures */
const WORKLOADS = [
  [
    'drain',
    ['--runs', '2', '--jobs', '300', '--limit', '100,10', '--contenders', 'raw,eram'],
    ['raw SQL', 'eram, limit 100', 'eram, limit 10'],
    ['jobs', 'rate', 'ratio', 'node', 'lag'],
  ],
  [
    'latency',
    ['--runs', '1', '--jobs', '5', '--rested', '2', '--rest', '50'],
    ['raw SQL', 'eram, enqueue', 'eram, commit', 'eram, enqueue after a rest', 'eram, commit after a rest'],
    ['p50', 'p95', 'p99', 'node'],
  ],
  [
    'enqueue',
    ['--runs', '1', '--flight', '5', '--bulk', '20', '--seconds', '0.1'],
    ['one at a time', '5 in flight', 'bulk of 20', '5 transactions'].flatMap((way) => [`raw SQL, ${way}`, `eram, ${way}`]),
    ['rate', 'ratio', 'node'],
  ],
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

for (const [workload, options, contenders, figures] of WORKLOADS) {
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
  for (const [workload] of WORKLOADS) assert.ok(help.includes(`\n  ${workload} `), workload)
  for (const [words, message] of /** @type {[string[], RegExp][]} */ ([
    [['dran'], /^bench: expected one of drain, latency, enqueue, schedule, prune, drivers, got "dran"$/m],
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
