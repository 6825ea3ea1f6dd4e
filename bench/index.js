// npm run bench [-- <workload> …] [options]: measures EramJS next to other job queues and raw SQL, in turns, on one server.
import { appendFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { EramEngine } from '../index.js'
import { chart } from './chart.js'
import { load, whyNot } from './competitors/index.js'
import { postmaster } from './lib/cpu.js'
import { sentence } from './lib/goals.js'
import { attempts } from './lib/measure.js'
import { help, parse, UsageError } from './lib/options.js'
import { startRedis } from './lib/redis.js'
import { Report } from './lib/report.js'
import { handleSignals } from './lib/runner.js'
import { connect, drop, newTarget, settings } from './lib/stores.js'

/** @import { Plan, Step } from './lib/options.js' */
/** @import { Stores } from './lib/stores.js' */
/** @import { Entry } from './workloads/index.js' */
/** @typedef {(line: string) => void} Keep */

const require = createRequire(import.meta.url)
/** @type {Record<string, string>} */
const VERSIONS = { ...require('./package.json').dependencies, eramjs: require('../package.json').version }

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof UsageError ? error.message : error)
  process.exitCode = 1
}

/** @param {string[]} words */
async function main(words) {
  if (words.includes('--help')) return console.log(help())
  if (words[0] === 'chart') return chart(words.slice(1))
  const { plan, competitors, out } = parse(words)
  const url = process.env.DATABASE_URL
  if (!url) throw new UsageError('bench: expected DATABASE_URL to name a database, got nothing; npm run bench starts one')
  handleSignals()
  const entries = await Promise.all(competitors.map(async (name) => ({ name, competitor: await load(name) })))
  const { stop, redisPid, ...redis } = entries.some(({ competitor }) => competitor.store === 'redis') ? await startRedis() : {}
  if (out !== undefined) writeFileSync(out, '')
  try {
    await run(plan, entries, { url, ...redis, pids: { redis: redisPid } }, (line) => out !== undefined && appendFileSync(out, `${line}\n`))
  } finally {
    await stop?.()
  }
}

/** @param {Step[]} plan @param {Entry[]} entries @param {Stores} stores @param {Keep} keep */
async function run(plan, entries, stores, keep) {
  const goals = []
  const seconds = plan.reduce((sum, { workload, options }) => sum + workload.seconds * options.runs, 0)
  // Progress is next to the results, not among them.
  console.error(`  [about ${Math.ceil(seconds / 60)} min]`)
  for (const step of plan) {
    console.log(`\n━━ ${step.name}: ${step.workload.about}\n`)
    goals.push('', step.name, ...(await measure(step, entries, stores, keep)).map((result) => `  ${sentence(result)}`))
  }
  console.log(['\n━━ goals', ...goals].join('\n'))
}

/** @param {Step} step @param {Entry[]} entries @param {Stores} stores @param {Keep} keep */
async function measure({ name, workload, options }, entries, stores, keep) {
  const all = workload.compares ? entries.map((entry) => ({ ...entry, why: whyNot(entry.competitor, name, stores) })) : []
  const competitors = all.filter(({ why }) => why === undefined)
  const target = newTarget({ url: stores.url })
  await EramEngine.migrate(target)
  const client = await connect(target)
  try {
    const { server_version, ...server } = await settings(client)
    const report = new Report({ workload: name, ratios: workload.ratios, keep })
    report.begin({
      date: new Date().toISOString().slice(0, 10),
      versions: { eramjs: VERSIONS.eramjs, node: process.version, postgresql: server_version },
      machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg()[0]?.toFixed(1) },
      settings: server,
      options,
      competitors: Object.fromEntries(
        competitors.map(({ competitor: it }) => [it.name, { version: `${it.package} ${VERSIONS[it.package]}`, ...it.settings }]),
      ),
    })
    for (const { competitor, why } of all) if (why !== undefined) report.absent({ name: competitor.name }, why)
    const attempt = attempts(report, workload.stalled && workload.stalled * 1000)
    const pids = { ...stores.pids, postgresql: await postmaster(client) }
    const context = { target, client, stores: { ...stores, pids }, competitors, options }
    for (let run = 1; run <= options.runs; run++) {
      for (const { row, cannot, measure } of workload.turns({ ...context, run })) {
        if (cannot === undefined) await attempt(row, run, measure)
        else report.absent(row, cannot)
      }
      console.error(`  [${name}, run ${run} of ${options.runs}]`)
    }
    return report.end(workload.goals(options))
  } finally {
    await client.end()
    await drop(target)
  }
}
