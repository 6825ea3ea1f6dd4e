// Medians and quantiles, and how all figures are written.

/** @typedef {{ median: number, least: number, most: number } | null} Summary null: not measured */

/** @param {number[]} values @returns {number} */
export const median = (values) => quantile(values, 0.5)

/**
 * The value below which that share of the values lies, interpolated.
 * @param {number[]} values @param {number} share @returns {number} NaN of no values
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (sorted.length - 1) * share
  const low = sorted[Math.floor(at)] ?? Number.NaN
  const high = sorted[Math.ceil(at)] ?? Number.NaN
  return low + (high - low) * (at - Math.floor(at))
}

/** @param {(number | null | undefined)[]} values of one figure over the runs @returns {Summary} */
export function summary(values) {
  const known = values.filter((value) => typeof value === 'number')
  return known.length === 0 ? null : { median: median(known), least: Math.min(...known), most: Math.max(...known) }
}

/** With three digits, or all of an integer. @param {number | null | undefined} value */
export function format(value) {
  if (typeof value !== 'number') return 'n/a'
  return value.toLocaleString('en', Math.abs(value) < 1000 ? { maximumSignificantDigits: 3 } : { maximumFractionDigits: 0 })
}

/** @param {Summary | undefined} figure */
export function spread(figure) {
  if (!figure) return 'n/a'
  const { median, least, most } = figure
  return least === most ? format(median) : `${format(median)} (${format(least)}–${format(most)})`
}
