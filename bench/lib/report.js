// The results of a workload: a line for each run, then a table of medians; as text, and as JSON lines for a file.
import { inspect } from 'node:util'
import { isOtherRow, judge, titleOf } from './goals.js'
import { format, spread, summary } from './stats.js'

/** @import { Figures, Goal, Row } from '../workloads/index.js' */
/** @import { GoalResult } from './goals.js' */
/** @import { Summary } from './stats.js' */
/** @typedef {{ row: Row, runs: Map<number, Figures>, figures: Record<string, Summary> }} Line  figures: known at the end */

/** A ratio is taken to the best of all other job queues. */
export const BEST_OTHER = 'best other'
/** Every figure of the workloads, in the order of the tables. @type {Record<string, string>} */
const COLUMNS = {
  jobs: 'jobs',
  rate: 'jobs/s',
  started: 'p99 ms at first',
  p50: 'p50 ms',
  p95: 'p95 ms',
  p99: 'p99 ms',
  slower: '× at first',
  fetched: 'ms a fetch at first',
  fetch: 'ms a fetch',
  store: 'store CPU % of a core',
  fetches: 'fetches',
  vain: 'in vain %',
  queries: 'queries/s',
  connections: 'connections',
  bare: 'bare Node MiB',
  loaded: 'library +MiB',
  engine: 'engine +MiB',
  over: 'MiB over bare Node',
  growth: 'growth MiB',
  core: 'Node CPU % of a core',
  memory: 'MB over bare Node',
  node: 'Node CPU µs/job',
  server: 'store CPU µs/job',
  lag: 'main thread lag p99 ms',
}

export class Report {
  /** In the order of the first run. @type {Map<string, Line>} */
  #lines = new Map()
  /** @type {Map<string, string>} */
  #absent = new Map()
  #ratios
  #print
  #emit

  /**
   * @param {{ workload: string, ratios?: Record<string, string>, keep?: (line: string) => void, print?: (line: string) => void }} options
   *   `ratios` of `rate`, by key: the row to which it is taken, or BEST_OTHER; `keep` receives JSON, `print` text
   */
  constructor({ workload, ratios = {}, keep = () => {}, print = console.log }) {
    this.#ratios = ratios
    this.#print = print
    this.#emit = (/** @type {object} */ line) => keep(JSON.stringify({ workload, ...line }))
  }

  /** Where and with what it is measured. @param {Record<string, unknown>} facts */
  begin(facts) {
    this.#emit(facts)
    this.#print(inspect(facts, { breakLength: 140 }))
  }

  /** @param {Row} row @param {number} run @param {Figures} figures */
  record(row, run, figures) {
    const line = this.#lines.get(titleOf(row)) ?? { row, runs: new Map(), figures: {} }
    this.#lines.set(titleOf(row), line)
    line.runs.set(run, figures)
    this.#emit({ ...facts(row), run, ...figures })
    const measured = Object.entries(COLUMNS).filter(([key]) => key in figures)
    this.#print(`  run ${run}, ${titleOf(row)}: ${measured.map(([key, title]) => `${format(figures[key])} ${title}`).join(', ')}`)
  }

  /** @param {Row} row @param {string} why */
  absent(row, why) {
    if (!this.#absent.has(titleOf(row))) this.#emit({ ...facts(row), absent: why })
    this.#absent.set(titleOf(row), why)
  }

  /** @param {Goal[]} goals @returns {GoalResult[]} */
  end(goals) {
    const lines = [...this.#lines.values()]
    for (const line of lines) {
      line.figures = { ...this.#summaries(line), ...this.#compared(line, lines) }
      this.#emit({ ...facts(line.row), runs: line.runs.size, median: line.figures })
    }
    const titles = { ...COLUMNS, ...Object.fromEntries(Object.entries(this.#ratios).map(([key, to]) => [key, `× ${to}`])) }
    for (const it of new Set(lines.map(({ row }) => row.in))) {
      const rows = lines.filter(({ row }) => row.in === it)
      const columns = Object.entries(titles).filter(([key]) => rows.some(({ figures }) => figures[key]))
      const cells = rows.map(({ row, figures }) => [row.name, ...columns.map(([key]) => spread(figures[key]))])
      this.#print(`\n${it === undefined ? '' : `${it}:\n`}${table([['', ...columns.map(([, title]) => title)], ...cells])}`)
    }
    this.#print('')
    for (const [title, why] of this.#absent) this.#print(`not measured: ${title}: ${why}`)
    const results = goals.map((goal) => judge(goal, lines))
    for (const { what, ...result } of results) this.#emit({ goal: what, ...result })
    return results
  }

  /** @param {Line} line */
  #summaries({ runs }) {
    const all = [...runs.values()]
    const keys = Object.keys(COLUMNS).filter((key) => all.some((figures) => key in figures))
    return Object.fromEntries(keys.map((key) => [key, summary(all.map((figures) => figures[key]))]))
  }

  /** The ratios over the runs, each to the same run of the other row. @param {Line} line @param {Line[]} lines */
  #compared({ row, runs }, lines) {
    const ratios = Object.entries(this.#ratios).map(([key, to]) => {
      const isOther = (/** @type {Row} */ it) => (to === BEST_OTHER ? isOtherRow(it, { as: row.as }) : it.name === to)
      const others = lines.filter((line) => line.row.in === row.in && isOther(line.row))
      const best = others.sort((a, b) => typical(b) - typical(a))[0]
      const ratio = (/** @type {[number, Figures]} */ [run, { rate }]) => {
        const other = best?.runs.get(run)?.rate
        return rate && other ? rate / other : null
      }
      return [key, summary([...runs].map(ratio))]
    })
    return Object.fromEntries(ratios)
  }
}

/** @param {Row} row */
const facts = ({ name, in: within, competitor, store, as }) => ({ row: name, case: within, competitor, store, as })

/** @param {Line} line */
const typical = ({ runs }) => summary([...runs.values()].map(({ rate }) => rate))?.median ?? 0

/** @param {string[][]} rows the first is the head; the first column is aligned to the left */
function table(rows) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  const line = (/** @type {string[]} */ [name = '', ...cells]) =>
    [name.padEnd(widths[0] ?? 0), ...cells.map((cell, i) => cell.padStart(widths[i + 1] ?? 0))].join('  ')
  return rows.map(line).join('\n')
}
