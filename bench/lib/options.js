// What was asked for on the command line.

import { parseArgs } from 'node:util'
import { NAMES } from '../contenders/index.js'
import { WORKLOADS } from '../workloads/index.js'
import { Refusal } from './refusal.js'

/** @import { Option, Workload } from '../workloads/index.js' */
/** @typedef {{ json: boolean, out?: string, contenders: string[] }} Common */
/** @typedef {{ name: string, workload: Workload, options: any }} Step  of what is to be run */

/** @type {Record<string, Option>} */
const RUNS = { runs: { value: 3, about: 'of each contender, in turns' } }
const SUITE = { runs: { value: 5, about: 'of each contender, in turns; of some workloads fewer' } }

/**
 * @param {string} name of a workload
 * @param {string[]} words
 * @returns {Common & { plan: Step[] }}
 */
export function one(name, words) {
  const workload = WORKLOADS[name]
  if (!workload) throw new Refusal(`bench: expected one of ${[...Object.keys(WORKLOADS), 'chart'].join(', ')}, got ${JSON.stringify(name)}`)
  const { json, out, contenders, ...options } = read({ ...RUNS, ...workload.options }, words, workload.peers)
  return { json, out, contenders, plan: [{ name, workload, options }] }
}

/**
 * All workloads, in the sizes of the suite.
 * @param {string[]} words
 * @returns {Common & { plan: Step[] }}
 */
export function all(words) {
  const { json, out, contenders, runs } = read(SUITE, words, true)
  const plan = Object.entries(WORKLOADS).map(([name, workload]) => {
    const defaults = Object.fromEntries(Object.entries(workload.options).map(([key, { value }]) => [key, value]))
    const options = { runs, ...defaults, ...workload.suite }
    return { name, workload, options: { ...options, runs: Math.min(runs, options.runs) } }
  })
  return { json, out, contenders, plan }
}

/**
 * @param {Record<string, Option>} options
 * @param {string[]} words
 * @param {boolean} [peers] whether contenders can be chosen
 * @returns {Record<string, any>}
 */
function read(options, words, peers = false) {
  /** @type {Record<string, { type: 'string' | 'boolean' }>} */
  const known = { json: { type: 'boolean' }, out: { type: 'string' } }
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
  return { ...Object.fromEntries(values), contenders, json: given.json === true, out: given.out }
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

export function help() {
  const workloads = Object.entries(WORKLOADS).map(([name, { about, options }]) => `  ${name.padEnd(22)}${about}\n${lines(options)}`)
  return `npm run bench [-- options]              all of it, and which targets are met
npm run bench -- <workload> [options]   one of these
npm run bench -- chart [results.jsonl]  draws what --out has kept, into docs/images

${workloads.join('\n')}
  of any
${lines(RUNS)}
    --json            as JSON lines
    --out <file>      keeps the JSON lines, too
  of those with peers, and of all
    --contenders …    some of ${NAMES.join(',')}; all that can run, if not given

The database is that of DATABASE_URL; npm run bench brings one if there is none.`
}

/** @param {Record<string, Option>} options */
function lines(options) {
  const all = Object.entries(options)
  return all.map(([name, { value, about }]) => `    --${`${name} ${[value].flat().join(',')}`.padEnd(18)}${about}`).join('\n')
}
