// The files that patterns match: *, **, ?, {a,b}, and ! for those that are left out. Node.js 20 has no glob of its own.

import { readdirSync } from 'node:fs'
import path from 'node:path'

/** Files that are never job classes: declarations, tests. */
const LEFT_OUT = /\.d\.[cm]?ts$|\.(?:test|spec)\.[^.]+$/

/**
 * @param {string[]} patterns  relative to the folder, or absolute
 * @param {string} folder
 * @returns {{ files: string[], unmatched: string[] }} sorted paths, and the patterns that match none
 */
export function filesOf(patterns, folder) {
  const wanted = patterns.filter((each) => !each.startsWith('!'))
  const excluded = patterns.filter((each) => each.startsWith('!')).map((each) => expressionOf(each.slice(1), folder))
  /** @type {Set<string>} */
  const files = new Set()
  const unmatched = wanted.filter((pattern) => {
    const expression = expressionOf(pattern, folder)
    const found = filesIn(baseOf(pattern, folder)).filter(
      (file) => expression.test(file) && !LEFT_OUT.test(file) && !excluded.some((each) => each.test(file)),
    )
    for (const file of found) files.add(file)
    return found.length === 0
  })
  return { files: [...files].sort().map((file) => path.normalize(file)), unmatched }
}

/** The folder above everything that a pattern can match. @param {string} pattern @param {string} folder */
function baseOf(pattern, folder) {
  const parts = pattern.split('/')
  const fixed = parts.slice(0, -1).findIndex((part) => /[*?{[]/.test(part))
  return path.resolve(folder, parts.slice(0, fixed < 0 ? -1 : fixed).join('/') || (pattern.startsWith('/') ? '/' : '.'))
}

/** All files below a folder, with slashes; without those of node_modules and of hidden folders. @param {string} folder @returns {string[]} */
function filesIn(folder) {
  let entries
  try {
    entries = readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
  return entries.flatMap((entry) => {
    const inner = path.join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'node_modules' || entry.name.startsWith('.') ? [] : filesIn(inner)
    return [slashed(inner)]
  })
}

/** @param {string} pattern @param {string} folder */
function expressionOf(pattern, folder) {
  const whole = path.isAbsolute(pattern) ? slashed(pattern) : path.posix.join(slashed(folder), pattern)
  let depth = 0
  const source = whole.replace(/\*\*\/|\*\*|[*?{},.+^$()|[\]\\]/g, (token) => {
    switch (token) {
      case '**/':
        return '(?:[^/]+/)*'
      case '**':
        return '.*'
      case '*':
        return '[^/]*'
      case '?':
        return '[^/]'
      case '{':
        depth += 1
        return '(?:'
      case '}':
        depth -= 1
        return ')'
      case ',':
        return depth > 0 ? '|' : ','
      default:
        return `\\${token}`
    }
  })
  return new RegExp(`^${source}$`)
}

/** @param {string} file */
function slashed(file) {
  return path.sep === '\\' ? file.replaceAll('\\', '/') : file
}
