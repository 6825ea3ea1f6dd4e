// Suggests the known word that was meant by a misspelled one, as the engine does: by the distance of Damerau and Levenshtein.

import { bytesOf } from '../shared/draft.js'

/**
 * @param {string} word
 * @param {readonly string[]} known
 * @returns {string | undefined}
 */
export function nearest(word, known) {
  const squashed = squash(word)
  /** @type {{ distance: number, name: string | undefined }} */
  let best = { distance: Infinity, name: undefined }
  for (const name of known) {
    const distance = distanceOf(squashed, squash(name))
    const shorter = Math.min(bytesOf(squashed.join('')), name.length)
    if (distance * 3 <= Math.max(shorter, 3) && distance < best.distance) best = { distance, name }
  }
  return best.name
}

/** So that `rescueAfter` finds `rescue_after`. @param {string} word */
function squash(word) {
  return [...word].slice(0, 64).flatMap((char) => (char === '_' ? [] : [...char.toLowerCase()]))
}

/**
 * How many characters to insert, delete, replace or swap with their neighbor.
 * @param {string[]} a
 * @param {string[]} b
 */
function distanceOf(a, b) {
  if (a.length === 0 || b.length === 0) return a.length + b.length
  const most = a.length + b.length
  /** Row and column 0 stand for what is before the words. @type {number[][]} */
  const rows = [new Array(b.length + 2).fill(most)]
  rows.push([most, ...Array.from({ length: b.length + 1 }, (_, j) => j)])
  /** @type {Map<string, number>} */
  const last = new Map()
  for (const [i, char] of a.entries()) {
    const row = [most, i + 1]
    rows.push(row)
    const above = /** @type {number[]} */ (rows[i + 1])
    let match = 0
    for (const [j, other] of b.entries()) {
      const k = last.get(other) ?? 0
      const swapped = Number(rows[k]?.[match]) + (i - k) + 1 + (j - match)
      const replaced = Number(above[j + 1]) + (char === other ? 0 : 1)
      if (char === other) match = j + 1
      row.push(Math.min(replaced, Number(above[j + 2]) + 1, Number(row[j + 1]) + 1, swapped))
    }
    last.set(char, i + 1)
  }
  return Number(rows[a.length + 1]?.[b.length + 1])
}
