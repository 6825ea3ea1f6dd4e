// npm run bench [-- <workload>] [options]: measures EramJS beside its peers and raw SQL, in turns, on one server.

import { parseArgs } from 'node:util'
import { NAMES } from './contenders/index.js'
import { settings, withSchema } from './lib/database.js'
import { able, gather, introduce } from './lib/field.js'
import { endAll } from './lib/party.js'
import { startRedis } from './lib/redis.js'
import { Refusal } from './lib/refusal.js'
import { Report, surroundings } from './lib/report.js'
import { WORKLOADS } from './workloads/index.js'

/** @import { Stores } from './lib/database.js' */
/** @import { Option, Workload } from './workloads/index.js' */

/** @type {Record<string, Option>} */
const COMMON = { runs: { value: 3, about: 'of each contender, in turns' } }

try {
  await main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Refusal ? error.message : error)
  process.exitCode = 1
}

/** @param {string[]} words */
async function main([name = '--help', ...words]) {
  if (name === '--help' || words.includes('--help')) return console.log(help())
  const workload = WORKLOADS[name]
  if (!workload) throw new Refusal(`bench: expected one of ${Object.keys(WORKLOADS).join(', ')}, got ${JSON.stringify(name)}`)
  const { json, contenders: chosen, ...options } = read({ ...COMMON, ...workload.options }, words, workload.peers)
  const url = process.env.DATABASE_URL
  if (!url) throw new Refusal('bench: expected DATABASE_URL to name a database, got nothing; npm run bench brings one')
  // The contenders go, and the schema is dropped.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, endAll)
  const field = await gather(chosen)
  const redis = field.present.some(({ contender }) => contender.store === 'redis') ? await startRedis() : undefined
  try {
    await measure({ name, workload, field, stores: { url, ...redis }, options, json })
  } finally {
    await redis?.stop()
  }
}

/**
 * @param {object} what
 * @param {string} what.name
 * @param {Workload} what.workload
 * @param {Awaited<ReturnType<typeof gather>>} what.field
 * @param {Stores} what.stores
 * @param {Record<string, any>} what.options
 * @param {boolean} what.json
 */
async function measure({ name, workload, field, stores, options, json }) {
  const { present: contenders, absent } = able(field, name, stores)
  await withSchema(stores.url, async (place, client) => {
    const who = workload.peers ? { contenders: introduce(contenders, name) } : {}
    const facts = { ...surroundings(await settings(client)), options, ...who }
    const report = new Report({ workload: name, columns: workload.columns, json, facts })
    for (const { name, why } of absent) report.absent(name, why)
    await workload.run({
      place,
      client,
      stores,
      contenders,
      options,
      record: (...run) => report.record(...run),
      absent: (...row) => report.absent(...row),
    })
    report.end(typeof workload.goals === 'function' ? workload.goals(options) : workload.goals)
  })
}

/**
 * @param {Record<string, Option>} options
 * @param {string[]} words
 * @param {boolean} [peers] whether contenders can be chosen
 * @returns {Record<string, any>}
 */
function read(options, words, peers = false) {
  /** @type {Record<string, { type: 'string' | 'boolean' }>} */
  const known = { json: { type: 'boolean' } }
  for (const name of Object.keys(options)) known[name] = { type: 'string' }
  if (peers) known.contenders = { type: 'string' }
  let given
  try {
    given = parseArgs({ args: words, options: known, strict: true }).values
  } catch (error) {
    throw new Refusal(`bench: ${/** @type {Error} */ (error).message}`)
  }
  const values = Object.entries(options).map(([name, { value }]) => [
    name,
    given[name] === undefined ? value : number(name, String(given[name]), value),
  ])
  const contenders = !peers ? [] : given.contenders === undefined ? NAMES : String(given.contenders).split(',')
  return { ...Object.fromEntries(values), contenders, json: given.json === true }
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number | number[]} like
 */
function number(name, text, like) {
  const numbers = text.split(',').map(Number)
  if (numbers.every((it) => it >= 0) && (Array.isArray(like) || numbers.length === 1)) return Array.isArray(like) ? numbers : numbers[0]
  throw new Refusal(
    `bench: --${name}: expected ${Array.isArray(like) ? 'numbers such as 100,10' : 'a number'}, got ${JSON.stringify(text)}`,
  )
}

function help() {
  const workloads = Object.entries(WORKLOADS).map(([name, { about, options }]) => `  ${name.padEnd(22)}${about}\n${lines(options)}`)
  return `npm run bench -- <workload> [options]

${workloads.join('\n')}
  of any
${lines({ ...COMMON, json: { value: [], about: 'as JSON lines' } })}
  of those with peers
    --contenders …    some of ${NAMES.join(',')}; all that can run, if not given

The database is that of DATABASE_URL; npm run bench brings one if there is none.`
}

/** @param {Record<string, Option>} options */
function lines(options) {
  const all = Object.entries(options)
  return all.map(([name, { value, about }]) => `    --${`${name} ${[value].flat().join(',')}`.padEnd(18)}${about}`).join('\n')
}
