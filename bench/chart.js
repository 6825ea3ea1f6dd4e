// npm run bench -- chart [results.jsonl] [--to folder]: draws the medians that `--out` has kept, or those that the README shows.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { draw } from './lib/chart.js'
import { Refusal } from './lib/refusal.js'

/** @typedef {{ workload: string, title: string, key: string, case?: (line: any) => boolean, less?: boolean }} Picture */

/** By file name. @type {Record<string, Picture>} */
const PICTURES = {
  drain: { workload: 'drain', title: 'Jobs worked off in a second, each at its best configuration', key: 'rate' },
  latency: { workload: 'latency', title: 'Milliseconds from enqueue to the start of perform, median', key: 'p50', less: true },
  enqueue: {
    workload: 'enqueue',
    title: 'Jobs enqueued in a second, 50 in flight, each awaited',
    key: 'rate',
    case: (it) => /in flight$/.test(it.case),
  },
  sustained: { workload: 'sustained', title: 'CPU of the store for a job, in microseconds, at a steady rate', key: 'server', less: true },
}
const FOLDER = join(import.meta.dirname, '..', 'docs', 'images')
/** Medians without the runs they are of. */
const KEPT = join(import.meta.dirname, 'results.jsonl')

/** @param {string[]} words */
export function chart(words) {
  const { file, to } = read(words)
  const lines = parse(file)
  mkdirSync(to, { recursive: true })
  let drawn = 0
  for (const [name, picture] of Object.entries(PICTURES)) {
    const bars = barsOf(picture, lines)
    const facts = lines.find((line) => line.workload === picture.workload && line.versions)
    if (bars.length === 0 || !facts) continue
    const path = join(to, `bench-${name}.svg`)
    writeFileSync(path, draw({ title: picture.title, caption: caption(facts, picture), bars, less: picture.less }))
    console.log(path)
    drawn += 1
  }
  if (drawn === 0) throw new Refusal(`bench chart: ${file}: expected medians of ${Object.keys(PICTURES).join(', ')}, got none`)
}

/** @param {string[]} words */
function read(words) {
  try {
    const { values, positionals } = parseArgs({ args: words, options: { to: { type: 'string', default: FOLDER } }, allowPositionals: true })
    if (positionals.length > 1) throw new Error('expected one file of results, as --out keeps it')
    return { file: positionals[0] ?? KEPT, to: values.to }
  } catch (error) {
    throw new Refusal(`bench chart: ${/** @type {Error} */ (error).message}`)
  }
}

/** @param {string} file @returns {any[]} */
function parse(file) {
  try {
    const texts = readFileSync(file, 'utf8').trim().split('\n')
    return texts.map((text) => JSON.parse(text))
  } catch (error) {
    throw new Refusal(`bench chart: ${file}: expected the lines of --out, got ${/** @type {Error} */ (error).message}`)
  }
}

/**
 * The contenders of the first case, or of the one that is meant, at their best; one that is set up for newcomers is not.
 * @param {Picture} picture
 * @param {any[]} lines
 */
function barsOf({ workload, key, case: chosen }, lines) {
  const medians = lines.filter((line) => line.workload === workload && line.median?.[key] && (!chosen || chosen(line)))
  const shown = medians.filter((line) => line.case === medians[0]?.case && line.as !== 'defaults')
  /** @type {Map<string, { name: string, value: number, ours: boolean }>} */
  const bars = new Map()
  for (const { contender, of, median } of shown) {
    const name = of === 'eram' ? 'EramJS' : contender.replace(/, tuned$/, '')
    // Of several rows of one contender the first is the one that it is known by.
    if (!bars.has(name)) bars.set(name, { name, value: median[key].median, ours: of === 'eram' })
  }
  return [...bars.values()]
}

/** @param {any} facts @param {Picture} picture */
function caption({ date, versions, machine, contenders = {}, options }, { workload }) {
  const packages = Object.values(contenders).map((it) => /** @type {any} */ (it).version)
  return [
    `${date} · npm run bench -- ${workload} · medians of ${options.runs} · ${machine.cores} cores, Node ${versions.node}, PostgreSQL ${versions.postgresql.split(' ')[0]}`,
    [...new Set(packages)].join(' · '),
  ].filter((line) => line !== '')
}
