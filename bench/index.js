// npm run bench [-- <workload>] [options]: measures EramJS beside its peers and raw SQL, in turns, on one server.

import { closeSync, openSync, writeSync } from 'node:fs'
import { chart } from './chart.js'
import { attempts } from './lib/attempt.js'
import { settings } from './lib/database.js'
import { able, gather, introduce } from './lib/field.js'
import { sentence } from './lib/goals.js'
import { guard } from './lib/interrupt.js'
import { all, help, one } from './lib/options.js'
import { isInterrupted } from './lib/party.js'
import { minutes, Progress, stages } from './lib/progress.js'
import { startRedis } from './lib/redis.js'
import { Refusal } from './lib/refusal.js'
import { Report, surroundings } from './lib/report.js'
import { withSchema } from './lib/schema.js'

/** @import { Stores } from './lib/database.js' */
/** @import { Verdict } from './lib/goals.js' */
/** @import { Common, Step } from './lib/options.js' */
/** @import { Given } from './workloads/index.js' */

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error)
  process.exitCode = 1
}

/** @param {string[]} words */
async function main(words) {
  const [name = '--all', ...rest] = words
  if (words.includes('--help')) return console.log(help())
  if (name === 'chart') return chart(rest)
  const url = process.env.DATABASE_URL
  const asked = name.startsWith('--') ? all(name === '--all' ? rest : words) : one(name, rest)
  if (!url) throw new Refusal('bench: expected DATABASE_URL to name a database, got nothing; npm run bench brings one')
  guard()
  const field = await gather(asked.contenders)
  const redis = field.present.some(({ contender }) => contender.store === 'redis') ? await startRedis() : undefined
  const kept = asked.out === undefined ? undefined : openSync(asked.out, 'w')
  try {
    await run({ url, ...redis }, field, asked, (line) => kept !== undefined && writeSync(kept, `${line}\n`))
  } finally {
    if (kept !== undefined) closeSync(kept)
    await redis?.stop()
  }
}

/**
 * @param {Stores} stores
 * @param {Awaited<ReturnType<typeof gather>>} field
 * @param {Common & { plan: Step[] }} asked
 * @param {(line: string) => void} keep
 */
async function run(stores, field, { plan, json }, keep) {
  const progress = new Progress(stages(plan))
  const many = plan.length > 1
  // Beside the figures, not among them.
  const say = (/** @type {string} */ text) => console.error(`  [${text}]`)
  /** @type {{ name: string, verdicts: Verdict[] }[]} */
  const summary = []
  if (many) say(`${plan.length} workloads, about ${minutes(progress.left())}`)
  for (const step of plan) {
    progress.next()
    if (many && !json) console.log(`\n━━ ${step.name}: ${step.workload.about}\n`)
    try {
      summary.push({ name: step.name, verdicts: await measure(step) })
    } catch (error) {
      // What fails, or wants something that this checkout has not, is no reason to leave out the others.
      if (!many || isInterrupted()) throw error
      if (!(error instanceof Refusal)) process.exitCode = 1
      say(`not measured: ${step.name}: ${error instanceof Refusal ? error.message : /** @type {Error} */ (error).stack}`)
    }
  }
  if (many && !json) {
    console.log('\n━━ targets')
    for (const { name, verdicts } of summary) if (verdicts.length > 0) console.log([`\n${name}`, ...verdicts.map(sentence)].join('\n  '))
  }

  /** @param {Step} step */
  async function measure({ name, workload, options }) {
    const { present: contenders, absent: missing } = able(field, name, stores)
    return withSchema(stores.url, async (place, client) => {
      const who = workload.peers ? { contenders: introduce(contenders, name, workload.ways ?? ['tuned']) } : {}
      const facts = { ...surroundings(await settings(client)), options, ...who }
      const report = new Report({ workload: name, columns: workload.columns, json, facts, keep })
      if (workload.peers) for (const { name, why } of missing) report.absent(name, why)
      /** @type {Given['record']} */
      const record = (row, run, figures) => {
        report.record(row, run, figures)
        progress.record(run)
        if (many || options.runs > 1) say(`${name}, run ${run} of ${options.runs}; about ${minutes(progress.left())} left`)
      }
      const absent = (/** @type {Parameters<Given['absent']>} */ ...row) => report.absent(...row)
      await workload.run({ place, client, stores, contenders, options, record, absent, attempt: attempts({ record, absent }) })
      return report.end(typeof workload.goals === 'function' ? workload.goals(options) : workload.goals)
    })
  }
}
