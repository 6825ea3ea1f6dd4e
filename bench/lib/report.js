// What a workload found out: a line for each run as it comes, then a table of medians; or both as JSON lines.

import { createRequire } from 'node:module'
import { availableParallelism, cpus, loadavg } from 'node:os'
import { judge, sentence } from './goals.js'
import { isPeerRow } from './rows.js'
import { summary } from './stats.js'
import { shown, spread, table } from './table.js'

/** @import { Column, Goal, Row } from '../workloads/index.js' */
/** @import { Verdict } from './goals.js' */
/** @import { Summary } from './stats.js' */
/** @typedef {Record<string, number | null>} Figures */
/** @typedef {{ row: Row, runs: Map<number, Figures>, figures: Record<string, Summary> }} Line  figures: known at the end */

export class Report {
  /** In the order of the first run. @type {Map<string, Line>} */
  #lines = new Map()
  /** @type {{ row: Row, why: string }[]} */
  #absent = []
  #columns
  #json
  #print

  /**
   * @param {{ workload: string, columns: Column[], json: boolean, facts: Record<string, unknown>, keep?: (line: string) => void,
   *   print?: (line: string) => void }} about  `keep` gets each line of JSON, also if people are to read the report
   */
  constructor({ workload, columns, json, facts, keep = () => {}, print = console.log }) {
    this.#columns = columns
    this.#json = json
    this.#print = (/** @type {object} */ line) => {
      const text = JSON.stringify({ workload, ...line })
      if (json) print(text)
      keep(text)
    }
    this.#print({ ...facts, columns: columns.map(({ key, title, digits }) => ({ key, title, digits })) })
    this.#say(...Object.entries(facts).map(([name, value]) => `${name}: ${plain(value)}`))
  }

  /**
   * @param {string | Row} given
   * @param {number} run
   * @param {Figures} figures
   */
  record(given, run, figures) {
    const row = typeof given === 'string' ? { name: given } : given
    const line = this.#lines.get(id(row)) ?? { row, runs: new Map(), figures: {} }
    this.#lines.set(id(row), line)
    line.runs.set(run, figures)
    this.#print({ ...told(row), run, ...figures })
    const measured = this.#columns
      .filter(({ key }) => key in figures)
      .map((column) => `${shown(figures[column.key], column)} ${column.title}`)
    this.#say(`  run ${run}, ${row.in === undefined ? '' : `${row.in}, `}${row.name}: ${measured.join(', ')}`)
  }

  /**
   * @param {string | Row} given
   * @param {string} why
   */
  absent(given, why) {
    const row = typeof given === 'string' ? { name: given } : given
    if (this.#absent.some((it) => id(it.row) === id(row))) return
    this.#absent.push({ row, why })
    this.#print({ ...told(row), absent: why })
  }

  /**
   * @param {Goal[]} goals
   * @returns {Verdict[]}
   */
  end(goals) {
    const lines = [...this.#lines.values()]
    for (const line of lines)
      line.figures = Object.fromEntries(this.#columns.map((column) => [column.key, this.#median(line, column, lines)]))
    for (const { row, runs, figures } of lines) this.#print({ ...told(row), runs: runs.size, median: figures })
    const cases = [...new Set(lines.map(({ row }) => row.in))]
    for (const it of cases) {
      this.#say('', ...(it === undefined ? [] : [`${it}:`]))
      const rows = lines.filter(({ row }) => row.in === it)
      const columns = this.#columns.filter(({ key }) => rows.some(({ figures }) => figures[key]))
      this.#say(
        table([
          ['', ...columns.map(({ title }) => title)],
          ...rows.map(({ row, figures }) => [row.name, ...columns.map((column) => spread(figures[column.key], column))]),
        ]),
      )
    }
    this.#say('')
    for (const { row, why } of this.#absent) this.#say(`not measured${row.in === undefined ? '' : `, ${row.in}`}: ${row.name}: ${why}`)
    const measured = lines.map(({ row, figures }) => ({ row, medians: medians(figures) }))
    const verdicts = goals.map((goal) => judge(goal, measured))
    for (const { what, ...verdict } of verdicts) this.#print({ goal: what, ...verdict })
    this.#say(...verdicts.map(sentence))
    return verdicts
  }

  /**
   * Over several runs; what is reckoned from another row, in each run from the same run of that.
   * @param {Line} line
   * @param {Column} column
   * @param {Line[]} lines
   */
  #median({ row, runs }, { key, over }, lines) {
    if (!over) return summary([...runs.values()].map((figures) => figures[key] ?? null))
    const rate = (/** @type {Figures | undefined} */ figures) => figures?.[over.key] ?? null
    const same = lines.filter((line) => line.row.in === row.in)
    const rivals = over.to === 'best peer' ? same.filter((line) => isPeerRow(line.row, { as: row.as })) : []
    const rival = over.to === 'best peer' ? best(rivals, over.key) : same.find((line) => line.row.name === over.to)
    const ratios = [...runs].map(([run, figures]) => {
      const [own, other] = [rate(figures), rate(rival?.runs.get(run))]
      return own === null || other === null ? null : own / other
    })
    return summary(ratios)
  }

  /** @param {string[]} lines for people */
  #say(...lines) {
    if (!this.#json) for (const line of lines) console.log(line)
  }
}

/** @param {Row} row */
const id = (row) => `${row.in ?? ''}\n${row.name}`

/** @param {Row} row */
const told = ({ name, in: within, contender, store, as }) => ({ contender: name, case: within, of: contender, store, as })

/** @param {Line['figures']} figures */
const medians = (figures) => Object.fromEntries(Object.entries(figures).map(([key, it]) => [key, it?.median ?? null]))

/** @param {Line[]} lines @param {string} key */
function best(lines, key) {
  const ranked = lines.map((line) => ({ line, at: summary([...line.runs.values()].map((it) => it[key] ?? null))?.median ?? 0 }))
  return ranked.sort((a, b) => b.at - a.at)[0]?.line
}

/** Where and with what it was measured. @param {Record<string, string>} settings of the server */
export function surroundings(settings) {
  const { version } = createRequire(import.meta.url)('eramjs/package.json')
  const { server_version, ...others } = settings
  return {
    date: new Date().toISOString().slice(0, 10),
    versions: { eramjs: version, node: process.version, postgresql: server_version },
    machine: { cpu: cpus()[0]?.model, cores: availableParallelism(), load: loadavg()[0]?.toFixed(1) },
    settings: others,
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
