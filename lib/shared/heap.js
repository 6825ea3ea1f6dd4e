// How long the texts may be that are made of what a job gives.
//
// V8 ends a thread whose heap is full, and lets its heap exceed the limit by 16 MiB until then. But it ends the whole process when
// a single allocation needs more: native code that writes JSON, joins the pieces of a text, or copies a value for another thread.
// So what a job gives is measured before any of this is done with it.

import { getHeapStatistics } from 'node:v8'
import { SAFE_LENGTH } from './text.js'

/** Bytes of the heap for each UTF-16 unit: two in the text itself, as many in a copy of it, and the pieces that it was made of. */
const BYTES_PER_UNIT = 8

/**
 * How many UTF-16 units may be handled at once, where up to `wanted` are allowed.
 * @param {number} wanted
 */
export function affordable(wanted) {
  if (wanted <= SAFE_LENGTH) return SAFE_LENGTH
  const { heap_size_limit, used_heap_size } = getHeapStatistics()
  return Math.max(SAFE_LENGTH, Math.min(wanted, Math.floor((heap_size_limit - used_heap_size) / BYTES_PER_UNIT)))
}

/**
 * The beginning of a text, or what stands for it if it is too long to be read: reading any part of a text that was put together
 * of pieces copies all of it.
 * @param {string} text
 * @param {number} length  UTF-16 units
 */
export function beginning(text, length) {
  if (text.length <= length) return text
  if (text.length > affordable(text.length)) return `(${text.length} characters, too many to read)`.slice(0, length)
  return text.slice(0, length)
}

/** The beginning of a text, with an ellipsis in place of the rest. @param {string} text @param {number} length  UTF-16 units */
export function clip(text, length) {
  return text.length > length ? `${beginning(text, length - 1)}…` : text
}
