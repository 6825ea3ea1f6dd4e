// The difference of two texts, line by line.

/** Lines around a change that are shown. */
const CONTEXT = 2

/**
 * @param {string} name  of the file
 * @param {string | null} before  null: there is no file
 * @param {string} after
 */
export function diff(name, before, after) {
  const lines = changes(before === null ? [] : linesOf(before), linesOf(after))
  const shown = lines.map((_, i) => lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some((line) => line[0] !== ' '))
  const body = lines.flatMap((line, i) => (shown[i] ? [line] : shown[i - 1] ? ['…'] : []))
  return [`--- ${before === null ? '(none)' : name}`, `+++ ${name}`, ...body].join('\n')
}

/** @param {string} text */
function linesOf(text) {
  return text.replace(/\n$/, '').split('\n')
}

/**
 * The lines of both texts, each marked with ' ', '-' or '+', by their longest common subsequence.
 * @param {string[]} a
 * @param {string[]} b
 */
function changes(a, b) {
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  const at = (/** @type {number} */ i, /** @type {number} */ j) => lengths[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    const row = /** @type {Uint32Array} */ (lengths[i])
    for (let j = b.length - 1; j >= 0; j--) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const lines = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(` ${a[i++]}`)
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) lines.push(`-${a[i++]}`)
    else lines.push(`+${b[j++]}`)
  }
  return lines
}
