// A job as text: its row, its last error, why it waits, its attempts; and its values in cells of a list.

import { columns } from '../table.js'

/** @import { JobAttempt, JobRow } from '../../index.js' */

/** Characters of a cell that are shown. */
const WIDTH = 60

/** @param {JobRow & { attempts?: JobAttempt[] }} job @param {string | null} [why] */
export function rowText({ attempts, errors, ...row }, why) {
  const shown = Object.entries(row).filter(([, value]) => value !== null)
  const last = errors.at(-1)
  const lines = [
    columns(
      ['id', String(row.id)],
      shown.slice(1).map(([name, value]) => [name, plain(value)]),
    ),
  ]
  if (last) lines.push(`last error, of ${errors.length}: ${last.name}: ${last.message}`)
  if (why) lines.push(`why: ${why}`)
  if (attempts) {
    const rows = attempts.map(({ attempt, status, started_at, ended_at, error }) => [
      attempt,
      status,
      plain(started_at),
      plain(ended_at),
      error?.message ?? '-',
    ])
    lines.push(columns(['attempt', 'status', 'started', 'ended', 'error'], rows))
  }
  return lines.join('\n')
}

/** @param {unknown} value */
function plain(value) {
  if (value === null) return '-'
  if (value instanceof Date) return value.toISOString()
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A value in a list, cut to its width. @param {unknown} value */
export function cell(value) {
  const text = plain(value)
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text
}
