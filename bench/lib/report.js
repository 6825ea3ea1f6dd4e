// The results of a workload: a line for each run, then a table of medians; as text, as JSON lines, or both.
import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { isOtherRow, judge, sentence } from './goals.js'
import { format, spread, summary, table } from './stats.js'

/** @import { Column, Goal, Row } from '../workloads/index.js' */
/** @import { GoalResult } from './goals.js' */
/** @import { Summary } from './stats.js' */
/** @typedef {Record<string, number | null>} Figures */
/** @typedef {{ row: Row, runs: Map<number, Figures>, figures: Record<string, Summary> }} Line  figures: known at the end */

export class Report {
  /** In the order of the first run. @type {Map<string, Line>} */
  #lines = new Map()
  /** @type {Map<string, { row: Row, why: string }>} */
  #absent = new Map()
  #columns
  #json
  #emit

  /**
   * @param {{ workload: string, columns: Column[], json: boolean, facts: Record<string, unknown>, keep?: (line: string) => void,
   *   print?: (line: string) => void }} options  `keep` receives each line of JSON, also if the report is text
   */
  constructor({ workload, columns, json, facts, keep = () => {}, print = console.log }) {
    this.#columns = columns
    this.#json = json
    this.#emit = (/** @type {object} */ line) => {
      const text = JSON.stringify({ workload, ...line })
      if (json) print(text)
      keep(text)
    }
    this.#emit({ ...facts, columns: columns.map(({ key, title, digits }) => ({ key, title, digits })) })
    this.#print(...Object.entries(facts).map(([name, value]) => `${name}: ${plain(value)}`))
  }

  /** @param {string | Row} given @param {number} run @param {Figures} figures */
  record(given, run, figures) {
    const row = rowFrom(given)
    const line = this.#lines.get(id(row)) ?? { row, runs: new Map(), figures: {} }
    this.#lines.set(id(row), line)
    line.runs.set(run, figures)
    this.#emit({ ...facts(row), run, ...figures })
    const columns = this.#columns.filter(({ key }) => key in figures)
    const measured = columns.map((column) => `${format(figures[column.key], column)} ${column.title}`)
    this.#print(`  run ${run}, ${row.in === undefined ? '' : `${row.in}, `}${row.name}: ${measured.join(', ')}`)
  }

  /** @param {string | Row} given @param {string} why */
  absent(given, why) {
    const row = rowFrom(given)
    if (this.#absent.has(id(row))) return
    this.#absent.set(id(row), { row, why })
    this.#emit({ ...facts(row), absent: why })
  }

  /** @param {Goal[]} goals @returns {GoalResult[]} */
  end(goals) {
    const lines = [...this.#lines.values()]
    for (const line of lines)
      line.figures = Object.fromEntries(this.#columns.map((column) => [column.key, this.#summary(line, column, lines)]))
    for (const { row, runs, figures } of lines) this.#emit({ ...facts(row), runs: runs.size, median: figures })
    for (const it of new Set(lines.map(({ row }) => row.in))) {
      this.#print('', ...(it === undefined ? [] : [`${it}:`]))
      const rows = lines.filter(({ row }) => row.in === it)
      const columns = this.#columns.filter(({ key }) => rows.some(({ figures }) => figures[key]))
      const cells = rows.map(({ row, figures }) => [row.name, ...columns.map((column) => spread(figures[column.key], column))])
      this.#print(table([['', ...columns.map(({ title }) => title)], ...cells]))
    }
    this.#print('')
    for (const { row, why } of this.#absent.values())
      this.#print(`not measured${row.in === undefined ? '' : `, ${row.in}`}: ${row.name}: ${why}`)
    const measured = lines.map(({ row, figures }) => ({ row, medians: medians(figures) }))
    const results = goals.map((goal) => judge(goal, measured))
    for (const { what, ...result } of results) this.#emit({ goal: what, ...result })
    this.#print(...results.map(sentence))
    return results
  }

  /** Over the runs; of a ratio, against the same run of the other row. @param {Line} line @param {Column} column @param {Line[]} lines */
  #summary({ row, runs }, { key, over }, lines) {
    if (!over) return summary([...runs.values()].map((figures) => figures[key] ?? null))
    const same = lines.filter((line) => line.row.in === row.in)
    const isCompared = (/** @type {Line} */ line) =>
      over.to === 'best other' ? isOtherRow(line.row, { as: row.as }) : line.row.name === over.to
    const reference = best(same.filter(isCompared), over.key)
    const ratios = [...runs].map(([run, figures]) => {
      const [own, other] = [figures[over.key] ?? null, reference?.runs.get(run)?.[over.key] ?? null]
      return own === null || other === null ? null : own / other
    })
    return summary(ratios)
  }

  /** @param {string[]} lines of text */
  #print(...lines) {
    if (!this.#json) for (const line of lines) console.log(line)
  }
}

/** @param {string | Row} given @returns {Row} */
const rowFrom = (given) => (typeof given === 'string' ? { name: given } : given)

/** @param {Row} row */
const id = (row) => `${row.in ?? ''}\n${row.name}`

/** @param {Row} row */
const facts = ({ name, in: within, competitor, store, as }) => ({ row: name, case: within, competitor, store, as })

/** @param {Line['figures']} figures */
const medians = (figures) => Object.fromEntries(Object.entries(figures).map(([key, it]) => [key, it?.median ?? null]))

/** @param {Line[]} lines @param {string} key */
function best(lines, key) {
  const ranked = lines.map((line) => ({ line, at: summary([...line.runs.values()].map((it) => it[key] ?? null))?.median ?? 0 }))
  return ranked.sort((a, b) => b.at - a.at)[0]?.line
}

/** Where and with what it is measured. @param {Record<string, string>} settings of the server */
export function environment({ server_version, ...settings }) {
  const { version } = createRequire(import.meta.url)('../../package.json')
  return {
    date: new Date().toISOString().slice(0, 10),
    versions: { eramjs: version, node: process.version, postgresql: server_version },
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg()[0]?.toFixed(1) },
    settings,
  }
}

/** @param {unknown} value @returns {string} */
function plain(value) {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return String(value)
  return Object.entries(value)
    .map(([key, inner]) => (typeof inner === 'object' && !Array.isArray(inner) ? `\n  ${key}: ${plain(inner)}` : `${key} ${inner}`))
    .join(', ')
    .replaceAll(', \n', '\n')
}
