// Reads durations: a number in the option's own unit, { days: 1 }, or '1 day', '1h 30m'. To the millisecond.

import { isMap, member, numberOf, only, unexpected } from './read.js'

/** @import { At } from './read.js' */

/** The longest: 100 years of 365.25 days, in milliseconds. */
export const MAX_DURATION = 3_155_760_000_000

/** Words for a unit in texts, and its seconds; the first word is also the key in objects. @type {[string, string[], number][]} */
const UNITS = [
  ['milliseconds', ['millisecond', 'ms'], 0.001],
  ['seconds', ['second', 'secs', 'sec', 's'], 1],
  ['minutes', ['minute', 'mins', 'min', 'm'], 60],
  ['hours', ['hour', 'h'], 3600],
  ['days', ['day', 'd'], 86_400],
  ['weeks', ['week', 'w'], 604_800],
]

/**
 * Milliseconds.
 * @param {At} at
 * @param {'seconds' | 'milliseconds'} unit  of a bare number
 * @param {number} least  milliseconds
 * @param {number} most
 */
export function durationOf(at, unit, least, most) {
  const { value } = at
  let seconds = NaN
  if (typeof value === 'number') seconds = unit === 'seconds' ? value : value * 0.001
  else if (typeof value === 'string') seconds = ofText(value)
  else if (isMap(value)) seconds = ofObject(at)
  // Halves are rounded away from zero.
  const ms = Math.sign(seconds) * Math.round(Math.abs(seconds * 1000))
  if (ms >= least && ms <= most) return Math.abs(ms)
  throw unexpected(at, `a duration from ${shown(least)} to ${shown(most)} (${unit}, or { days: 1 }, or "1 day")`)
}

/** Milliseconds as seconds, as the engine calculates them. @param {number} ms */
export function inSeconds(ms) {
  return Math.trunc(ms / 1000) + ((ms % 1000) * 1e6) / 1e9
}

/** @param {At} at */
function ofObject(at) {
  only(
    at,
    UNITS.map(([key]) => key),
  )
  return UNITS.reduce((sum, [key, , seconds]) => sum + member(at, key, (it) => numberOf(it, 0, 1e15), 0) * seconds, 0)
}

/** Seconds, or NaN. @param {string} text */
function ofText(text) {
  let rest = text.replace(/^\p{White_Space}+|\p{White_Space}+$/gu, '')
  let sum = NaN
  while (rest !== '') {
    const [all = '', number, word = ''] = /^(\d+\.?\d*|\.\d+)(?![\d.])\p{White_Space}*([a-z]*)[ ,]*/iu.exec(rest) ?? []
    const [, , seconds = NaN] = UNITS.find(([key, words]) => key === word.toLowerCase() || words.includes(word.toLowerCase())) ?? []
    const added = (Number.isNaN(sum) ? 0 : sum) + Number(number) * seconds
    if (Number.isNaN(added)) return NaN
    sum = added
    rest = rest.slice(all.length)
  }
  return sum
}

/** @param {number} ms */
function shown(ms) {
  const days = ms / 86_400_000
  if (ms === 0) return '0'
  if (Number.isInteger(days)) return days === 1 ? '1 day' : `${days} days`
  return ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`
}
