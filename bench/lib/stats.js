// Medians, quantiles and how far apart the runs were.

/** @typedef {{ median: number, least: number, most: number } | null} Summary */

/** @param {number[]} values @returns {number} */
export const median = (values) => quantile(values, 0.5)

/**
 * The value below which that share of the values lies, between two of them in proportion.
 * @param {number[]} values
 * @param {number} share
 * @returns {number} NaN of no values
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/**
 * A column over several runs: its median, and its extremes where there are some.
 * @param {(number | null)[]} values null: not measured
 * @returns {Summary}
 */
export function summary(values) {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : { median: median(known), least: Math.min(...known), most: Math.max(...known) }
}
