// npm run bench -- chart <results.jsonl> [--to folder]: draws the medians that `--out` has written as horizontal bars in SVG.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { read, UsageError } from './lib/options.js'
import { format } from './lib/stats.js'

/** @typedef {{ title: string, key: string, case?: RegExp, less?: boolean }} Picture  less: less is better */
/** @typedef {{ name: string, value: number, ours: boolean }} Bar */

/** By workload. @type {Record<string, Picture>} */
const PICTURES = {
  drain: { title: 'Jobs drained in a second, each at its best configuration', key: 'rate' },
  latency: { title: 'Milliseconds from enqueue to the start of perform, median', key: 'p50', less: true },
  enqueue: { title: 'Jobs enqueued in a second, 50 in flight, each awaited', key: 'rate', case: /in flight$/ },
  sustained: { title: 'CPU of the store for a job, in microseconds, at a steady rate', key: 'server', less: true },
}
const FOLDER = join(import.meta.dirname, '..', 'docs', 'images')
/** In pixels. */
const [WIDTH, ROW, TOP, LEFT, RIGHT, LINE] = [760, 30, 52, 170, 90, 16]
/** Readable on light and on dark pages. */
const STYLE = `  <style>
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .title { font-size: 15px; font-weight: 600 }
    .name { text-anchor: end }
    .note { font-size: 11px; fill: #57606a }
    .ours { fill: #d9480f }
    .other { fill: #8c959f }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .note { fill: #9198a1 } .ours { fill: #ff8a4c } .other { fill: #6e7681 }
    }
  </style>`

/** @param {string[]} words */
export function chart(words) {
  const { values, positionals } = read(words, ['to'], true)
  const [file] = positionals
  if (file === undefined || positionals.length > 1) throw new UsageError('bench chart: expected one file of results, as --out writes it')
  const lines = parsed(file)
  const folder = values.to ?? FOLDER
  mkdirSync(folder, { recursive: true })
  let drawn = 0
  for (const [workload, picture] of Object.entries(PICTURES)) {
    const own = lines.filter((line) => line.workload === workload)
    const [bars, facts] = [barsOf(picture, own), own.find((line) => line.versions)]
    if (bars.length === 0 || !facts) continue
    const path = join(folder, `bench-${workload}.svg`)
    writeFileSync(path, draw(picture, caption(facts, workload), bars))
    console.log(path)
    drawn++
  }
  if (drawn === 0) throw new UsageError(`bench chart: ${file}: expected medians of ${Object.keys(PICTURES).join(', ')}, got none`)
}

/** @param {string} file @returns {any[]} */
function parsed(file) {
  try {
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    return lines.map((line) => JSON.parse(line))
  } catch (error) {
    throw new UsageError(`bench chart: ${file}: expected the lines of --out, got ${/** @type {Error} */ (error).message}`)
  }
}

/** The competitors of the first or the chosen case, without default configurations. @param {Picture} picture @param {any[]} lines */
function barsOf({ key, case: chosen = /./ }, lines) {
  const medians = lines.filter((line) => line.median?.[key] && line.as !== 'defaults' && chosen.test(line.case ?? 'any'))
  /** @type {Map<string, Bar>} */
  const bars = new Map()
  for (const { row, competitor, median } of medians.filter((line) => line.case === medians[0].case)) {
    const name = competitor === 'eram' ? 'EramJS' : row.replace(/, tuned$/, '')
    // The first of several rows of a competitor is its best known.
    if (!bars.has(name)) bars.set(name, { name, value: median[key].median, ours: competitor === 'eram' })
  }
  return [...bars.values()]
}

/** @param {any} facts @param {string} workload */
function caption({ date, versions, machine, competitors, options }, workload) {
  const packages = new Set(Object.values(competitors).map((it) => /** @type {any} */ (it).version))
  return [
    `${date} · npm run bench -- ${workload} · medians of ${options.runs} · ${machine.cores} cores`,
    [`Node ${versions.node}`, `PostgreSQL ${versions.postgresql.split(' ')[0]}`, ...packages].join(' · '),
  ]
}

/** @param {Picture} picture @param {string[]} notes @param {Bar[]} bars */
function draw({ title, less = false }, notes, bars) {
  const sorted = bars.sort((a, b) => (less ? a.value - b.value : b.value - a.value))
  const most = Math.max(...sorted.map(({ value }) => value))
  const foot = TOP + sorted.length * ROW + 20
  const height = foot + notes.length * LINE
  const rows = sorted.map(({ name, value, ours }, i) => {
    const y = TOP + i * ROW
    const width = Math.max(1, (value / most) * (WIDTH - LEFT - RIGHT))
    return `  <text class="name" x="${LEFT - 10}" y="${y + 16}">${escaped(name)}</text>
  <rect class="${ours ? 'ours' : 'other'}" x="${LEFT}" y="${y + 3}" width="${width.toFixed(1)}" height="${ROW - 12}" rx="2"/>
  <text x="${(LEFT + width + 8).toFixed(1)}" y="${y + 16}">${format(value)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
  <title>${escaped(title)}</title>
${STYLE}
  <text class="title" x="10" y="24">${escaped(title)}</text>
  <text class="note" x="10" y="42">${less ? 'less' : 'more'} is better</text>
${rows.join('\n')}
${notes.map((line, i) => `  <text class="note" x="10" y="${foot + i * LINE}">${escaped(line)}</text>`).join('\n')}
</svg>
`
}

/** @param {string} text */
const escaped = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
