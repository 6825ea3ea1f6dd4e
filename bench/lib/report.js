// What a workload found out: a line for each run as it comes, then a table of medians; or both as JSON lines.

import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { summary } from './stats.js'

/** @import { Column, Goal } from '../index.js' */
/** @typedef {Record<string, number | null>} Figures */

export class Report {
  /** By contender, in the order of the first run. @type {Map<string, Figures[]>} */
  #runs = new Map()
  #workload
  #columns
  #json

  /**
   * @param {{ workload: string, columns: Column[], json: boolean, facts: Record<string, unknown> }} about
   */
  constructor({ workload, columns, json, facts }) {
    this.#workload = workload
    this.#columns = columns
    this.#json = json
    if (json) this.#print({ workload, ...facts })
    else for (const [name, value] of Object.entries(facts)) console.log(`${name}: ${plain(value)}`)
  }

  /**
   * @param {string} contender
   * @param {number} run
   * @param {Figures} figures
   */
  record(contender, run, figures) {
    const runs = this.#runs.get(contender) ?? []
    this.#runs.set(contender, [...runs, figures])
    if (this.#json) this.#print({ workload: this.#workload, contender, run, ...figures })
    else
      console.log(
        `  run ${run}, ${contender}: ${this.#columns.map((column) => `${shown(figures[column.key], column)} ${column.title}`).join(', ')}`,
      )
  }

  /** @param {Goal[]} goals */
  end(goals) {
    const rows = [...this.#runs].map(([contender, runs]) => ({
      contender,
      runs: runs.length,
      figures: Object.fromEntries(this.#columns.map(({ key }) => [key, summary(runs.map((run) => run[key] ?? null))])),
    }))
    const reached = goals.map((goal) => {
      const figure = rows.find((row) => row.contender === goal.of)?.figures[goal.key]?.median
      return {
        ...goal,
        figure,
        reached: figure === undefined ? null : figure >= (goal.least ?? -Infinity) && figure <= (goal.most ?? Infinity),
      }
    })
    if (this.#json) {
      for (const { contender, runs, figures } of rows) this.#print({ workload: this.#workload, contender, runs, median: figures })
      for (const { what, figure, reached: is } of reached) this.#print({ workload: this.#workload, goal: what, figure, reached: is })
      return
    }
    const lines = rows.map(({ contender, figures }) => [contender, ...this.#columns.map((column) => spread(figures[column.key], column))])
    console.log(`\n${table([['', ...this.#columns.map(({ title }) => title)], ...lines])}\n`)
    for (const { what, figure, reached: is } of reached) {
      console.log(`${is === null ? '–' : is ? '✔' : '✖'} ${what}: ${figure === undefined ? 'not measured' : Number(figure.toPrecision(3))}`)
    }
  }

  /** @param {object} line */
  #print(line) {
    console.log(JSON.stringify(line))
  }
}

/** Where and with what it was measured. @param {Record<string, string>} settings of the server */
export function surroundings(settings) {
  const { version } = createRequire(import.meta.url)('eramjs/package.json')
  const { server_version, ...others } = settings
  return {
    versions: { eramjs: version, node: process.version, postgresql: server_version },
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg()[0]?.toFixed(1) },
    settings: others,
  }
}

/** @param {unknown} value */
function plain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${inner}`)
    .join(', ')
}

/**
 * @param {number | null | undefined} value
 * @param {Column} column
 */
function shown(value, { digits }) {
  if (value === null || value === undefined) return 'n/a'
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/**
 * @param {ReturnType<typeof summary> | undefined} figure
 * @param {Column} column
 */
function spread(figure, column) {
  if (!figure) return 'n/a'
  const { median, least, most } = figure
  const middle = shown(median, column)
  return least === most ? middle : `${middle} (${shown(least, column)}–${shown(most, column)})`
}

/** @param {string[][]} rows the first is the head, the first column is to the left */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
    .join('\n')
}
