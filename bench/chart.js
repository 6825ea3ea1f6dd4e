// npm run bench -- chart <results.jsonl> [--to folder]: draws the medians that `--out` has written as horizontal bars in SVG.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UsageError } from './lib/usage-error.js'

/** @typedef {{ title: string, key: string, case?: (line: any) => boolean, less?: boolean }} Picture  less: less is better */
/** @typedef {{ name: string, value: number, ours: boolean }} Bar */

/** By workload. @type {Record<string, Picture>} */
const PICTURES = {
  drain: { title: 'Jobs drained in a second, each at its best configuration', key: 'rate' },
  latency: { title: 'Milliseconds from enqueue to the start of perform, median', key: 'p50', less: true },
  enqueue: { title: 'Jobs enqueued in a second, 50 in flight, each awaited', key: 'rate', case: (it) => /in flight$/.test(it.case) },
  sustained: { title: 'CPU of the store for a job, in microseconds, at a steady rate', key: 'server', less: true },
}
const FOLDER = join(import.meta.dirname, '..', 'docs', 'images')
/** In pixels. */
const [WIDTH, ROW, TOP, LEFT, RIGHT, LINE] = [760, 30, 52, 170, 90, 16]
/** Letters of the caption on a line. */
const LETTERS = 120

/** @param {string[]} words */
export function chart(words) {
  const { file, to } = parse(words)
  const lines = read(file)
  mkdirSync(to, { recursive: true })
  const drawn = Object.entries(PICTURES).filter(([workload, picture]) => {
    const own = lines.filter((line) => line.workload === workload)
    const [bars, facts] = [barsOf(picture, own), own.find((line) => line.versions)]
    if (bars.length === 0 || !facts) return false
    const path = join(to, `bench-${workload}.svg`)
    writeFileSync(path, draw(picture, caption(facts, workload), bars))
    console.log(path)
    return true
  })
  if (drawn.length === 0) throw new UsageError(`bench chart: ${file}: expected medians of ${Object.keys(PICTURES).join(', ')}, got none`)
}

/** @param {string[]} words */
function parse(words) {
  try {
    const { values, positionals } = parseArgs({ args: words, options: { to: { type: 'string', default: FOLDER } }, allowPositionals: true })
    const [file] = positionals
    if (file === undefined || positionals.length > 1) throw new Error('expected one file of results, as --out writes it')
    return { file, to: values.to }
  } catch (error) {
    throw new UsageError(`bench chart: ${/** @type {Error} */ (error).message}`)
  }
}

/** @param {string} file @returns {any[]} */
function read(file) {
  try {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    return lines.map((line) => JSON.parse(line))
  } catch (error) {
    throw new UsageError(`bench chart: ${file}: expected the lines of --out, got ${/** @type {Error} */ (error).message}`)
  }
}

/** The competitors of the first or the chosen case, without default configurations. @param {Picture} picture @param {any[]} lines */
function barsOf({ key, case: chosen }, lines) {
  const medians = lines.filter((line) => line.median?.[key] && (!chosen || chosen(line)))
  /** @type {Map<string, Bar>} */
  const bars = new Map()
  for (const { row, competitor, median } of medians.filter((line) => line.case === medians[0]?.case && line.as !== 'defaults')) {
    const name = competitor === 'eram' ? 'EramJS' : row.replace(/, tuned$/, '')
    // The first of several rows of a competitor is its best known.
    if (!bars.has(name)) bars.set(name, { name, value: median[key].median, ours: competitor === 'eram' })
  }
  return [...bars.values()]
}

/** @param {any} facts @param {string} workload */
function caption({ date, versions, machine, competitors = {}, options }, workload) {
  const packages = new Set(Object.values(competitors).map((it) => /** @type {any} */ (it).version))
  const postgresql = versions.postgresql.split(' ')[0]
  return [
    `${date} · npm run bench -- ${workload} · medians of ${options.runs} · ${machine.cores} cores, Node ${versions.node}, PostgreSQL ${postgresql}`,
    [...packages].join(' · '),
  ].filter((line) => line !== '')
}

/** Readable on light and on dark pages. @param {Picture} picture @param {string[]} caption @param {Bar[]} bars */
export function draw({ title, less = false }, caption, bars) {
  const sorted = [...bars].sort((a, b) => (less ? a.value - b.value : b.value - a.value))
  const most = Math.max(...sorted.map(({ value }) => value))
  const notes = caption.flatMap(wrapped)
  const foot = TOP + sorted.length * ROW + 20
  const height = foot + notes.length * LINE
  const rows = sorted.map(({ name, value, ours }, i) => {
    const y = TOP + i * ROW
    const width = Math.max(1, (value / most) * (WIDTH - LEFT - RIGHT))
    return `  <text class="name" x="${LEFT - 10}" y="${y + 16}">${escaped(name)}</text>
  <rect class="${ours ? 'ours' : 'other'}" x="${LEFT}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 12}" rx="2"/>
  <text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 16}">${written(value)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
  <title>${escaped(title)}</title>
  <style>
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .name { text-anchor: end }
    .note { font-size: 11px; fill: #57606a }
    .ours { fill: #d9480f }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .ours { fill: #ff8a4c }
      .other { fill: #6e7681 }
    }
  </style>
  <text class="title" x="10" y="24">${escaped(title)}</text>
  <text class="note" x="10" y="42">${less ? 'less' : 'more'} is better</text>
${rows.join('\n')}
${notes.map((line, i) => `  <text class="note" x="10" y="${foot + i * LINE}">${escaped(line)}</text>`).join('\n')}
</svg>
`
}

/** @param {number} value */
const written = (value) => value.toLocaleString('en', { maximumFractionDigits: value < 100 ? 1 : 0 })

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** Lines that fit, broken at the dots. @param {string} text */
function wrapped(text) {
  /** @type {string[]} */
  const lines = []
  for (const part of text.split(' · ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + part.length + 3 <= LETTERS) lines[lines.length - 1] = `${last} · ${part}`
    else lines.push(part)
  }
  return lines
}
