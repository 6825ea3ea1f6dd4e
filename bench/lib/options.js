// The command line of the benchmark.
import { parseArgs } from 'node:util'
import { NAMES } from '../competitors/index.js'
import { WORKLOADS } from '../workloads/index.js'

/** @import { Workload } from '../workloads/index.js' */
/** @typedef {{ name: string, workload: Workload, options: any }} Step  of what is to be run */
/** @typedef {{ out?: string, competitors: string[], plan: Step[] }} Plan */

/** A mistake in the command or its surroundings, reported without a stack. */
export class UsageError extends Error {}

/** @param {string[]} words @param {string[]} names of options that take a value @param {boolean} [allowPositionals] */
export function read(words, names, allowPositionals = false) {
  try {
    const options = Object.fromEntries(names.map((name) => [name, { type: /** @type {const} */ ('string') }]))
    return parseArgs({ args: words, options, allowPositionals })
  } catch (error) {
    throw new UsageError(`bench: ${/** @type {Error} */ (error).message}`)
  }
}

/** The workloads (default: all), each with those of the options that it has. @param {string[]} words @returns {Plan} */
export function parse(words) {
  const end = words.findIndex((word) => word.startsWith('-'))
  const names = end < 0 ? words : words.slice(0, end)
  for (const name of names) expectOneOf('bench', [...Object.keys(WORKLOADS), 'chart'], name)
  const chosen = Object.entries(WORKLOADS).filter(([name]) => names.length === 0 || names.includes(name))
  const own = chosen.flatMap(([, { options }]) => Object.keys(options))
  const { values } = read(words.slice(names.length), ['out', 'competitors', ...own])
  const isCompared = chosen.some(([, { compares }]) => compares)
  const competitors = isCompared ? (values.competitors?.split(',') ?? NAMES) : []
  for (const name of competitors) expectOneOf('bench: --competitors', NAMES, name)
  const plan = chosen.map(([name, workload]) => {
    const options = Object.entries(workload.options).map(([key, { value }]) => [key, number(key, values[key], value)])
    return { name, workload, options: Object.fromEntries(options) }
  })
  return { out: values.out, competitors, plan }
}

/** @param {string} subject @param {string[]} known @param {string} got */
function expectOneOf(subject, known, got) {
  if (!known.includes(got)) throw new UsageError(`${subject}: expected one of ${known.join(', ')}, got ${JSON.stringify(got)}`)
}

/** @param {string} name @param {string | undefined} text @param {number | number[]} value the default, which takes as many values */
function number(name, text, value) {
  if (text === undefined) return value
  const numbers = text.split(',').map(Number)
  const isMany = Array.isArray(value)
  if (numbers.every((it) => it >= 0) && (isMany || numbers.length === 1)) return isMany ? numbers : numbers[0]
  throw new UsageError(`bench: --${name}: expected ${isMany ? 'numbers such as 100,10' : 'a number'}, got ${JSON.stringify(text)}`)
}

export function help() {
  const workloads = Object.entries(WORKLOADS).map(([name, { about, options }]) => {
    const lines = Object.entries(options).map(([key, it]) => `    --${`${key} ${[it.value].flat().join(',')}`.padEnd(18)}${it.about}\n`)
    return `  ${name.padEnd(22)}${about}\n${lines.join('')}`
  })
  return `npm run bench [-- <workload> …] [options]  all workloads, or some of them, and which goals are met
npm run bench -- chart <results.jsonl>     draws what --out has written, into docs/images

${workloads.join('')}
    --out <file>      writes the results to a file as well, as JSON lines
    --competitors …   some of ${NAMES.join(',')}; default: all that can run

The database is that of DATABASE_URL; npm run bench starts one if it is not set.`
}
