// npm run bench [-- <workload> …] [options]: measures EramJS next to other job queues and raw SQL, in turns, on one server.
import { closeSync, openSync, writeSync } from 'node:fs'
import { EramEngine } from '../index.js'
import { chart } from './chart.js'
import { sentence } from './lib/goals.js'
import { attempts } from './lib/measure.js'
import { help, parse } from './lib/options.js'
import { startRedis } from './lib/redis.js'
import { environment, Report } from './lib/report.js'
import { able, gather, introduce } from './lib/roster.js'
import { handleSignals, isInterrupted } from './lib/runner-process.js'
import { connect, drop, newTarget, settings } from './lib/stores.js'
import { UsageError } from './lib/usage-error.js'

/** @import { Plan, Step } from './lib/options.js' */
/** @import { Roster } from './lib/roster.js' */
/** @import { Stores } from './lib/stores.js' */
/** @import { GoalResult } from './lib/goals.js' */
/** @import { Context } from './workloads/index.js' */

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
  const plan = parse(words)
  const url = process.env.DATABASE_URL
  if (!url) throw new UsageError('bench: expected DATABASE_URL to name a database, got nothing; npm run bench starts one')
  handleSignals()
  const roster = await gather(plan.competitors)
  const redis = roster.present.some(({ competitor }) => competitor.store === 'redis') ? await startRedis() : undefined
  const out = plan.out === undefined ? undefined : openSync(plan.out, 'w')
  try {
    await run({ url, ...redis }, roster, plan, (line) => out !== undefined && writeSync(out, `${line}\n`))
  } finally {
    if (out !== undefined) closeSync(out)
    await redis?.stop()
  }
}

/** @param {Stores} stores @param {Roster} roster @param {Plan} plan @param {(line: string) => void} keep */
async function run(stores, roster, { plan, json }, keep) {
  const many = plan.length > 1
  /** @type {{ name: string, results: GoalResult[] }[]} */
  const summary = []
  const seconds = plan.reduce((sum, { workload, options }) => sum + workload.seconds * options.runs, 0)
  if (many) progress(`${plan.length} workloads, about ${Math.ceil(seconds / 60)} min`)
  for (const step of plan) {
    if (many && !json) console.log(`\n━━ ${step.name}: ${step.workload.about}\n`)
    try {
      summary.push({ name: step.name, results: await measure(step, stores, roster, { json, keep }) })
    } catch (error) {
      // A workload that fails does not keep the others from being measured.
      if (!many || isInterrupted()) throw error
      if (!(error instanceof UsageError)) process.exitCode = 1
      progress(`not measured: ${step.name}: ${error instanceof UsageError ? error.message : /** @type {Error} */ (error).stack}`)
    }
  }
  if (!many || json) return
  console.log('\n━━ goals')
  for (const { name, results } of summary) if (results.length > 0) console.log([`\n${name}`, ...results.map(sentence)].join('\n  '))
}

/** Next to the results, not among them. @param {string} text */
function progress(text) {
  console.error(`  [${text}]`)
}

/** @param {Step} step @param {Stores} stores @param {Roster} roster @param {{ json: boolean, keep: (line: string) => void }} output */
async function measure({ name, workload, options }, stores, roster, output) {
  const { present, absent: missing } = able(roster, name, stores)
  const target = newTarget({ url: stores.url })
  await EramEngine.migrate(target)
  const client = await connect(target)
  try {
    const introduced = workload.compares ? { competitors: introduce(present, name, workload.ways ?? ['tuned']) } : {}
    const facts = { ...environment(await settings(client)), options, ...introduced }
    const report = new Report({ workload: name, columns: workload.columns, facts, ...output })
    if (workload.compares) for (const { name, why } of missing) report.absent(name, why)
    /** @type {Context['record']} */
    const record = (row, run, figures) => {
      report.record(row, run, figures)
      if (options.runs > 1) progress(`${name}, run ${run} of ${options.runs}`)
    }
    /** @type {Context['absent']} */
    const absent = (row, why) => report.absent(row, why)
    await workload.run({ target, client, stores, competitors: present, options, record, absent, attempt: attempts({ record, absent }) })
    return report.end(workload.goals(options))
  } finally {
    await client.end()
    await drop(target)
  }
}
