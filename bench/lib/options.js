// The command line of the benchmark.
import { parseArgs } from 'node:util'
import { NAMES } from '../competitors/index.js'
import { WORKLOADS } from '../workloads/index.js'
import { UsageError } from './usage-error.js'

/** @import { Option, Workload } from '../workloads/index.js' */
/** @typedef {{ name: string, workload: Workload, options: any }} Step  of what is to be run */
/** @typedef {{ json: boolean, out?: string, competitors: string[], plan: Step[] }} Plan */

/** @type {Record<string, Option>} */
const RUNS = { runs: { value: 3, about: 'of each competitor, in turns' } }
const SUITE = { runs: { value: 5, about: 'of each competitor, in turns; fewer for some workloads' } }

/** One workload with its options, or several (default: all) in the sizes of the suite. @param {string[]} words @returns {Plan} */
export function parse(words) {
  const end = words.findIndex((word) => word.startsWith('-'))
  const names = end < 0 ? words : words.slice(0, end)
  const rest = end < 0 ? [] : words.slice(end)
  for (const name of names) {
    if (!WORKLOADS[name])
      throw new UsageError(`bench: expected one of ${[...Object.keys(WORKLOADS), 'chart'].join(', ')}, got ${JSON.stringify(name)}`)
  }
  const [only] = names
  const workload = only === undefined || names.length > 1 ? undefined : WORKLOADS[only]
  if (only !== undefined && workload) {
    const { json, out, competitors, ...options } = read({ ...RUNS, ...workload.options }, rest, workload.compares)
    return { json, out, competitors, plan: [{ name: only, workload, options }] }
  }
  const { json, out, competitors, runs } = read(SUITE, rest, true)
  const chosen = Object.entries(WORKLOADS).filter(([name]) => names.length === 0 || names.includes(name))
  const plan = chosen.map(([name, workload]) => {
    const defaults = Object.fromEntries(Object.entries(workload.options).map(([key, { value }]) => [key, value]))
    const options = { runs, ...defaults, ...workload.suite }
    return { name, workload, options: { ...options, runs: Math.min(runs, options.runs) } }
  })
  return { json, out, competitors, plan }
}

/** @param {Record<string, Option>} options @param {string[]} words @param {boolean} [compares] whether competitors can be chosen @returns {any} */
function read(options, words, compares = false) {
  /** @type {Record<string, { type: 'string' | 'boolean' }>} */
  const known = { json: { type: 'boolean' }, out: { type: 'string' } }
  for (const name of Object.keys(options)) known[name] = { type: 'string' }
  if (compares) known.competitors = { type: 'string' }
  let given
  try {
    given = parseArgs({ args: words, options: known, strict: true }).values
  } catch (error) {
    throw new UsageError(`bench: ${/** @type {Error} */ (error).message}`)
  }
  const values = Object.entries(options).map(([name, { value }]) => [
    name,
    given[name] === undefined ? value : number(name, String(given[name]), value),
  ])
  const competitors = !compares ? [] : given.competitors === undefined ? NAMES : String(given.competitors).split(',')
  return { ...Object.fromEntries(values), competitors, json: given.json === true, out: given.out }
}

/** @param {string} name @param {string} text @param {number | number[]} like */
function number(name, text, like) {
  const numbers = text.split(',').map(Number)
  const isMany = Array.isArray(like)
  if (numbers.every((it) => it >= 0) && (isMany || numbers.length === 1)) return isMany ? numbers : numbers[0]
  throw new UsageError(`bench: --${name}: expected ${isMany ? 'numbers such as 100,10' : 'a number'}, got ${JSON.stringify(text)}`)
}

export function help() {
  const workloads = Object.entries(WORKLOADS).map(([name, { about, options }]) => `  ${name.padEnd(22)}${about}\n${lines(options)}`)
  return `npm run bench [-- <workload> …] [options]  all workloads, or some of them, and which goals are met
npm run bench -- <workload> [options]      one workload, with options of its own
npm run bench -- chart <results.jsonl>     draws what --out has written, into docs/images

${workloads.join('\n')}
  of each workload
${lines(RUNS)}
    --json            JSON lines instead of text
    --out <file>      writes the JSON lines to a file as well
  of those that compare
    --competitors …   some of ${NAMES.join(',')}; default: all that can run

The database is that of DATABASE_URL; npm run bench starts one if it is not set.`
}

/** @param {Record<string, Option>} options */
const lines = (options) =>
  Object.entries(options)
    .map(([name, { value, about }]) => `    --${`${name} ${[value].flat().join(',')}`.padEnd(18)}${about}`)
    .join('\n')
