// Whether a value is too large to be copied for another thread. A copy is made by native code, which ends the process where the heap
// of the thread has no room for it.

import { SAFE_LENGTH } from './text.js'

/**
 * Whether a value has more than about a million characters, bytes and members together.
 * @param {unknown} value
 */
export function isLarge(value) {
  if (typeof value === 'string') return value.length >= SAFE_LENGTH
  if (typeof value !== 'object' || value === null) return false
  let left = SAFE_LENGTH
  const seen = new Set()
  /** @type {unknown[]} */
  const rest = [value]
  while (rest.length > 0 && left >= 0) {
    const next = rest.pop()
    left -= 1
    if (typeof next === 'string') left -= next.length
    if (typeof next !== 'object' || next === null || seen.has(next)) continue
    seen.add(next)
    if (ArrayBuffer.isView(next) || next instanceof ArrayBuffer) left -= next.byteLength
    else for (const member of membersOf(next)) if (rest.push(member) > left) return true
  }
  return left < 0
}

/**
 * Its members, without those that a getter would have to make.
 * @param {object} value
 * @returns {Iterable<unknown>}
 */
function membersOf(value) {
  if (Array.isArray(value) || value instanceof Set) return value
  if (value instanceof Map) return [...value.keys(), ...value.values()]
  try {
    const own = Object.keys(value).map((key) => Object.getOwnPropertyDescriptor(value, key)?.value)
    return value instanceof Error ? [value.name, value.message, value.stack, value.cause, ...own] : own
  } catch {
    return []
  }
}
