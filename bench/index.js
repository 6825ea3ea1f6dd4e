// npm run bench -- <workload> [options]: measures EramJS beside raw SQL, interleaved. This is the table of contents; each
// workload is a file of its own, and each contender a process of its own (parties/).

import { parseArgs } from 'node:util'
import { drain } from './drain.js'
import { drivers } from './drivers.js'
import { enqueue } from './enqueue.js'
import { latency } from './latency.js'
import { settings, withSchema } from './lib/database.js'
import { endAll } from './lib/party.js'
import { Refusal } from './lib/refusal.js'
import { Report, surroundings } from './lib/report.js'
import { prune } from './prune.js'
import { schedule } from './schedule.js'

/**
 * @typedef {{ key: string, title: string, digits: number }} Column
 * @typedef {{ what: string, of: string, key: string, least?: number, most?: number }} Goal a median of one contender
 * @typedef {{ value: number | number[], about: string }} Option its default; with a list, several can be given
 * @typedef {object} Given
 * @property {import('./lib/database.js').Place} place
 * @property {import('pg').Client} client
 * @property {any} options by name
 * @property {(contender: string, run: number, figures: Record<string, number | null>) => void} record
 *
 * @typedef {object} Workload
 * @property {string} about
 * @property {Record<string, Option>} options
 * @property {Column[]} columns
 * @property {Goal[]} goals
 * @property {(given: Given) => Promise<void>} run
 */

/** @type {Record<string, Workload>} */
const WORKLOADS = { drain, latency, enqueue, schedule, prune, drivers }

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
  const { json, ...options } = read({ ...COMMON, ...workload.options }, words)
  const url = process.env.DATABASE_URL
  if (!url) throw new Refusal('bench: expected DATABASE_URL to name a database, got nothing; npm run bench brings one')
  // The contenders go, and the schema is dropped.
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, endAll)
  await withSchema(url, async (place, client) => {
    const facts = { ...surroundings(await settings(client)), options }
    const report = new Report({ workload: name, columns: workload.columns, json, facts })
    await workload.run({ place, client, options, record: (...run) => report.record(...run) })
    report.end(workload.goals)
  })
}

/**
 * @param {Record<string, Option>} options
 * @param {string[]} words
 * @returns {Record<string, any>}
 */
function read(options, words) {
  /** @type {Record<string, { type: 'string' | 'boolean' }>} */
  const known = { json: { type: 'boolean' } }
  for (const name of Object.keys(options)) known[name] = { type: 'string' }
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
  return { ...Object.fromEntries(values), json: given.json === true }
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

The database is that of DATABASE_URL; npm run bench brings one if there is none.`
}

/** @param {Record<string, Option>} options */
function lines(options) {
  const all = Object.entries(options)
  return all.map(([name, { value, about }]) => `    --${`${name} ${[value].flat().join(',')}`.padEnd(18)}${about}`).join('\n')
}
