// eramjs metrics: shows what the cluster has done, from engine.history.

import { DONE } from '../main.js'
import { describe } from '../operation.js'
import { Schema } from '../schema.js'
import { columns } from '../table.js'

/** @import { EramEngine, History, HistoryQuery } from '../../index.js' */
/** @import { Terminal } from '../terminal.js' */

const described = describe('history')
const { metric, ...others } = described.options

export const { summary } = described
export const about = `Without --metric: a line for each queue, or what --group names, with counts, the quantiles of
durations, and jobs that wait. With it: a line for each point, a column for each series. Read-only.`
export const options = {
  ...others,
  ...(metric && { metric: { ...metric, help: `${metric.help} (default: a summary)` } }),
  queue: { type: /** @type {const} */ ('string'), value: 'name', help: 'of this queue' },
  worker: { type: /** @type {const} */ ('string'), value: 'name', help: 'of this job class' },
  node: { type: /** @type {const} */ ('string'), value: 'name', help: 'of this node' },
}

/** The columns of the summary. @type {[title: string, query: Pick<HistoryQuery, 'metric' | 'agg'>][]} */
const SUMMARY = [
  ['executed', { metric: 'executed' }],
  ['failed', { metric: 'failed' }],
  ['enqueued', { metric: 'enqueued' }],
  ['run p50', { metric: 'run', agg: 'p50' }],
  ['run p95', { metric: 'run', agg: 'p95' }],
  ['wait p95', { metric: 'wait', agg: 'p95' }],
  ['backlog', { metric: 'backlog' }],
]

/**
 * @param {Record<string, any>} values
 * @param {Terminal} io
 */
export async function run({ metric, group, agg, window = '1h', step, top, queue, worker, node, ...values }, io) {
  const filter = { queue, worker, node }
  const query = { window, step, top, filter }
  await new Schema(values, io).engine(async (engine) => {
    if (metric !== undefined) {
      const history = await engine.history({ ...query, metric, group, agg })
      io.print(values.json ? JSON.stringify(history) : points(history))
    } else {
      const all = await summarize(engine, { ...query, group: group ?? 'queue' })
      io.print(values.json ? JSON.stringify(Object.fromEntries(all)) : table(group ?? 'queue', all))
    }
  })
  return DONE
}

/** @param {EramEngine} engine @param {Omit<HistoryQuery, 'metric'>} query */
async function summarize(engine, { filter, ...query }) {
  /** @type {[string, History][]} */
  const all = []
  for (const [title, { metric, agg }] of SUMMARY) {
    // A backlog is known by queue alone.
    const ofQueues = query.group === 'queue' && !filter?.worker && !filter?.node
    if (metric === 'backlog' && !ofQueues) continue
    // Jobs that are inserted or wait have no result yet.
    if (query.group === 'state' && (metric === 'enqueued' || metric === 'wait')) continue
    all.push([title, await engine.history({ ...query, metric, agg, filter: metric === 'backlog' ? { queue: filter?.queue } : filter })])
  }
  return all
}

/** A line for each key. @param {string} group @param {[string, History][]} all */
function table(group, all) {
  const keys = [...new Set(all.flatMap(([, { series }]) => series.map(({ key }) => key)))]
  if (keys.length === 0) return 'nothing was measured'
  const cell = (/** @type {string} */ title, /** @type {History} */ { series }, /** @type {string} */ key) => {
    const found = series.find((it) => it.key === key)?.total ?? null
    return isDuration(title) ? duration(found) : (found ?? 0)
  }
  return columns(
    [group, ...all.map(([title]) => title)],
    keys.map((key) => [key === '' ? '(others)' : key, ...all.map(([title, history]) => cell(title, history, key))]),
  )
}

/** A line for each point. @param {History} history */
function points({ t0, step, series, other }) {
  const lists = [...series.map(({ points }) => points), ...(other ? [other] : [])]
  if (lists.every((points) => points.every((point) => point === null))) return 'nothing was measured'
  const time = (/** @type {number} */ n) => new Date(t0.getTime() + n * step * 1000).toISOString().slice(0, 19).replace('T', ' ')
  const length = lists[0]?.length ?? 0
  return columns(
    ['time', ...series.map(({ key }) => key || '(others)'), ...(other ? ['other'] : [])],
    Array.from({ length }, (_, n) => [time(n), ...lists.map((points) => number(points[n] ?? null))]),
  )
}

/** @param {string} title */
const isDuration = (title) => /^(run|wait)/.test(title)

/** @param {number | null} ms */
const duration = (ms) => (ms === null ? '-' : `${number(ms)} ms`)

/** @param {number | null} value */
const number = (value) => (value === null ? '-' : Number(value.toPrecision(4)))
