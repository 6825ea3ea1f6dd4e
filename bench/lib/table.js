// Figures as people read them.

/** @import { Column } from '../workloads/index.js' */
/** @import { Summary } from './stats.js' */

/**
 * @param {number | null | undefined} value
 * @param {Column} column
 */
export function shown(value, { digits }) {
  if (value === null || value === undefined) return 'n/a'
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/**
 * @param {Summary | undefined} figure
 * @param {Column} column
 */
export function spread(figure, column) {
  if (!figure) return 'n/a'
  const { median, least, most } = figure
  const middle = shown(median, column)
  return least === most ? middle : `${middle} (${shown(least, column)}–${shown(most, column)})`
}

/** @param {string[][]} rows the first is the head, the first column is to the left */
export function table(rows) {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)))
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  '))
    .join('\n')
}
