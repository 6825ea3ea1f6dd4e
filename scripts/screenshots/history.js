// An hour of metrics as nodes write them, so that charts show a day's work and not a minute's.

const DIGITS = 36
const PERIOD = 10
const HOUR = 3600

/** The bucket of a duration in microseconds. @param {number} value */
function bucketOf(value) {
  if (value < 32) return value
  const exponent = Math.floor(Math.log2(value))
  return 32 * (exponent - 4) + (Math.floor(value / 2 ** (exponent - 5)) & 31)
}

/** Durations in milliseconds as the text of a histogram. @param {number[]} durations */
export function histogram(durations) {
  if (durations.length === 0) return ''
  const values = durations.map((ms) => Math.max(1, Math.round(ms * 1000)))
  /** @type {Map<number, number>} */
  const buckets = new Map()
  for (const value of values) buckets.set(bucketOf(value), (buckets.get(bucketOf(value)) ?? 0) + 1)
  const numbers = [values.length, values.reduce((sum, value) => sum + value, 0), Math.max(...values)]
  let last = 0
  for (const [bucket, count] of [...buckets].sort(([a], [b]) => a - b)) {
    numbers.push(bucket - last, count)
    last = bucket
  }
  return numbers.map((number) => number.toString(DIGITS)).join(' ')
}

/** @typedef {{ queue: string, worker: string, perSecond: number, run: number, wait: number, failing: number }} Load */

/** A series of pseudo-random numbers from 0 to 1, always the same. @param {number} seed */
function random(seed) {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

/**
 * @param {{ rows: (text: string, values?: unknown[]) => Promise<unknown> }} schema
 * @param {string} name  of the engine
 * @param {string[]} nodes
 * @param {Load[]} loads
 */
export async function writeHistory({ rows }, name, nodes, loads) {
  const next = random(7)
  /** @type {[number, number, string, string][]} */
  const made = []
  const queues = [...new Set(loads.map(({ queue }) => queue))]
  for (let before = HOUR; before >= 2 * PERIOD; before -= PERIOD) {
    const tide = 0.65 + 0.3 * Math.sin(before / 420) + (before > 1500 && before < 1800 ? 0.7 : 0)
    for (const node of nodes) {
      const s = loads.map((load) => seriesOf(load, tide / nodes.length, next))
      made.push([PERIOD, before, node, JSON.stringify({ v: 1, s })])
    }
    const q = Object.fromEntries(
      queues.map((queue) => [queue, [Math.round(next() * 12 * tide), 40, 3, Math.round(6 * tide), 400, 6, 20, false, 2]]),
    )
    made.push([PERIOD, before, '*', JSON.stringify({ v: 1, q, nodes: nodes.length })])
    if (before % 60 === 0) made.push([60, before, '*', JSON.stringify({ v: 1, s: [], n: {}, q, nodes: [2, 2], rows: 6 })])
  }
  for (let hour = 1; hour < 24; hour += 1) {
    const s = loads.map((load) => seriesOf(load, 0.4 + next(), next))
    made.push([HOUR, hour * HOUR, '*', JSON.stringify({ v: 1, s, n: {}, q: {}, nodes: [2, 2], rows: 360 })])
  }
  await rows(
    `INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
     SELECT step, to_timestamp(floor(extract(epoch FROM now() - make_interval(secs => before)) / step) * step), $1, node,
       CASE WHEN node = '*' THEN '00000000-0000-0000-0000-000000000000'::uuid ELSE gen_random_uuid() END, data::jsonb
     FROM unnest($2::int[], $3::int[], $4::text[], $5::text[]) AS row (step, before, node, data)
     ON CONFLICT DO NOTHING`,
    [name, ...[0, 1, 2, 3].map((at) => made.map((row) => row[at]))],
  )
}

/** @param {Load} load @param {number} share @param {() => number} next */
function seriesOf({ queue, worker, perSecond, run, wait, failing }, share, next) {
  const count = Math.max(0, Math.round(perSecond * PERIOD * share * (0.8 + 0.4 * next())))
  const failures = Math.round(count * failing * next() * 2)
  const durations = (/** @type {number} */ size, /** @type {number} */ mean) =>
    Array.from({ length: size }, () => mean * (0.4 + next() + (next() > 0.94 ? 2.5 : 0)))
  const success = Math.max(0, count - failures)
  const counts = [success, failures, 0, 0, 0, 0, 0, 0, count]
  return [
    queue,
    worker,
    counts,
    histogram(durations(success, run)),
    histogram(durations(failures, run * 2)),
    histogram(durations(count, wait)),
  ]
}
