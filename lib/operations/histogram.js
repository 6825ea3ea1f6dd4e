// A histogram as the engine sends it: `count sum max gap n gap n …` in base 36, in microseconds. src/metrics/ describes its buckets.

import { invalidOption } from '../shared/validate.js'

/** The number of buckets for each power of two. */
const BUCKETS = 32

export class Histogram {
  /** The buckets that have values, with how many, in their order. @type {[bucket: number, count: number][]} */
  #buckets = []

  /** @param {string} text */
  constructor(text) {
    const [count = 0, sum = 0, max = 0, ...pairs] = text === '' ? [] : text.split(' ').map((digits) => Number.parseInt(digits, 36))
    this.count = count
    this.sum_ms = sum / 1000
    this.max_ms = max / 1000
    let bucket = 0
    for (let i = 0; i + 1 < pairs.length; i += 2) {
      bucket += pairs[i] ?? 0
      this.#buckets.push([bucket, pairs[i + 1] ?? 0])
    }
  }

  /** @param {number} q  from 0 to 1 */
  quantile(q) {
    if (typeof q !== 'number' || !(q >= 0 && q <= 1)) throw invalidOption('quantile', 'a number from 0 to 1', q)
    if (this.count === 0) return null
    if (q === 1) return this.max_ms
    if (this.#buckets.length === 0) return null
    const rank = Math.max(1, Math.ceil(q * this.count))
    let seen = 0
    for (const [bucket, count] of this.#buckets) {
      seen += count
      if (seen >= rank) return Math.min(middleOf(bucket) / 1000, this.max_ms)
    }
    return this.max_ms
  }

  /** The number of values up to a limit, as far as the buckets tell: to 1/64. @param {number} ms */
  countUpTo(ms) {
    let sum = 0
    for (const [bucket, count] of this.#buckets) {
      if (middleOf(bucket) > ms * 1000) break
      sum += count
    }
    return sum
  }

  toJSON() {
    const { count, sum_ms, max_ms } = this
    return { count, sum_ms, max_ms, p50_ms: this.quantile(0.5), p95_ms: this.quantile(0.95), p99_ms: this.quantile(0.99) }
  }
}

/** The middle of a bucket, in microseconds. @param {number} bucket */
function middleOf(bucket) {
  const page = Math.floor(bucket / BUCKETS)
  const position = bucket % BUCKETS
  if (page === 0) return position
  const width = 2 ** (page - 1)
  return (BUCKETS + position) * width + Math.floor(width / 2)
}
