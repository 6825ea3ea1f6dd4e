// Medians and quantiles of the runs, and tables of them.

/** @import { Column } from '../workloads/index.js' */
/** @typedef {{ median: number, least: number, most: number } | null} Summary */

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

/** @param {(number | null)[]} values of one column over the runs; null: not measured @returns {Summary} */
export function summary(values) {
  const known = values.filter((value) => value !== null)
  return known.length === 0 ? null : { median: median(known), least: Math.min(...known), most: Math.max(...known) }
}

/** @param {number | null | undefined} value @param {Column} column */
export function format(value, { digits }) {
  if (value === null || value === undefined) return 'n/a'
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** @param {Summary | undefined} figure @param {Column} column */
export function spread(figure, column) {
  if (!figure) return 'n/a'
  const { median, least, most } = figure
  return least === most ? format(median, column) : `${format(median, column)} (${format(least, column)}–${format(most, column)})`
}

/** @param {string[][]} rows the first is the head; the first column is aligned to the left */
export function table(rows) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
    .join('\n')
}
