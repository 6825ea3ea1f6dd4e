// npm run bench [-- <workload> …] [options]: measures EramJS next to other job queues and raw SQL, in turns, on one server.
import { appendFileSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { EramEngine } from '../index.js'
import { chart } from './chart.js'
import { load } from './competitors/index.js'
import { postmaster } from './lib/cpu.js'
import { sentence } from './lib/goals.js'
import { attempts } from './lib/measure.js'
import { help, parse, UsageError } from './lib/options.js'
import { startRedis } from './lib/redis.js'
import { Report } from './lib/report.js'
import { able, introduce, VERSIONS } from './lib/roster.js'
import { handleSignals } from './lib/runner.js'
import { connect, drop, newTarget, settings } from './lib/stores.js'

/** @import { Plan, Step } from './lib/options.js' */
/** @import { Stores } from './lib/stores.js' */
/** @import { GoalResult } from './lib/goals.js' */
/** @import { Entry } from './workloads/index.js' */
/** @typedef {(line: string) => void} Keep */

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
  const redis = entries.some(({ competitor }) => competitor.store === 'redis') ? await startRedis() : undefined
  if (out !== undefined) writeFileSync(out, '')
  try {
    const stores = { url, redis: redis?.redis, whyNoRedis: redis?.whyNoRedis, pids: { redis: redis?.redisPid } }
    await run(plan, entries, stores, (line) => out !== undefined && appendFileSync(out, `${line}\n`))
  } finally {
    await redis?.stop()
  }
}

/** @param {Step[]} plan @param {Entry[]} entries @param {Stores} stores @param {Keep} keep */
async function run(plan, entries, stores, keep) {
  const isMany = plan.length > 1
  /** @type {[string, GoalResult[]][]} */
  const summary = []
  const seconds = plan.reduce((sum, { workload, options }) => sum + workload.seconds * options.runs, 0)
  if (isMany) progress(`${plan.length} workloads, about ${Math.ceil(seconds / 60)} min`)
  for (const step of plan) {
    if (isMany) console.log(`\n━━ ${step.name}: ${step.workload.about}\n`)
    summary.push([step.name, await measure(step, entries, stores, keep)])
  }
  if (isMany) console.log(['\n━━ goals', ...summary.map(([name, results]) => ['', name, ...results.map(sentence)].join('\n  '))].join('\n'))
}

/** Next to the results, not among them. @param {string} text */
function progress(text) {
  console.error(`  [${text}]`)
}

/** @param {Step} step @param {Entry[]} entries @param {Stores} stores @param {Keep} keep */
async function measure({ name, workload, options }, entries, stores, keep) {
  const { present, absent } = able(workload.compares ? entries : [], name, stores)
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
      ...(workload.compares && { competitors: introduce(present) }),
    })
    for (const { name, why } of absent) report.absent({ name }, why)
    const attempt = attempts(report)
    const pids = { ...stores.pids, postgresql: await postmaster(client) }
    const context = { target, client, stores: { ...stores, pids }, competitors: present, options }
    for (let run = 1; run <= options.runs; run++) {
      for (const { row, cannot, measure } of await workload.turns({ ...context, run })) {
        if (cannot === undefined) await attempt(row, run, measure)
        else report.absent(row, cannot)
      }
      if (options.runs > 1) progress(`${name}, run ${run} of ${options.runs}`)
    }
    return report.end(workload.goals(options))
  } finally {
    await client.end()
    await drop(target)
  }
}
