// Whether two classes of one name are one class. A bundler may emit one source into several chunks, a watcher or a cleared cache
// evaluates it again, and each time it makes a new class. Two classes that are certainly different would run each other's jobs.

import { statSync } from 'node:fs'

/** @import { Origin } from '../shared/caller.js' */

/**
 * What is known of a registered class.
 * @typedef {object} Registered
 * @property {Function} type
 * @property {Origin} origin
 * @property {string[]} declared  the options of its registrations, as JSON without the path of the file
 */

/**
 * Whether the second is certainly another class than the first, which was registered before.
 * @param {Registered} first
 * @param {Registered} second
 * @returns {boolean}
 */
export function isAnother(first, second) {
  const [a, b] = [first.origin, second.origin]
  if (a.file === '' || b.file === '') return false
  if (HOT_UPDATE.test(b.file)) return false
  if (a.file === b.file) {
    if (a.instance !== b.instance || isRewritten(a)) return false
    // One call that registers whatever class it is given.
    if (a.position === b.position) return first.type.name !== second.type.name
  }
  return isWrittenOtherwise(first, second)
}

/** What a class performs, where that is not in its own text. @type {WeakMap<Function, Function>} */
const bodies = new WeakMap()

/**
 * Declares what a class performs: a function that is given to it.
 * @param {Function} type
 * @param {Function} body
 */
export function performs(type, body) {
  bodies.set(type, body)
}

/** What webpack loads into a running program in place of edited modules. */
const HOT_UPDATE = /\.hot-update\.[cm]?js$/

/** Whether the file has changed since the registration. @param {Origin} origin */
function isRewritten({ file, at }) {
  try {
    return statSync(file).mtimeMs > at
  } catch {
    // A name that a bundler has made up.
    return true
  }
}

/**
 * Whether two classes differ in what every build of one source has in common.
 * @param {Registered} first
 * @param {Registered} second
 */
function isWrittenOtherwise(first, second) {
  if (!first.declared.some((options) => second.declared.includes(options))) return true
  if (methodsOf(first.type) !== methodsOf(second.type)) return true
  const [a, b] = [evidenceOf(first.type), evidenceOf(second.type)]
  // An object that a name belongs to may be the namespace of an import, which only some formats have.
  const bothMiss = isMissing(a.owners, b.owners) && isMissing(b.owners, a.owners)
  return bothMiss || isMissing(a.words, b.words) || isMissing(b.words, a.words)
}

/** @param {Function} type */
function methodsOf({ prototype }) {
  const names = Object.getOwnPropertyNames(prototype).sort()
  return JSON.stringify(names.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)?.value?.length]))
}

/** @param {Set<string>} of @param {Set<string>} other whether `other` misses an element of the first */
function isMissing(of, other) {
  return [...of].some((each) => !other.has(each))
}

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`(?:\\.|[^`\\])*`|\(\s*\d+\s*\)|[\p{L}_$][\p{L}\p{N}_$]*(?:\s*\.(?=\s*[\p{L}_$]))?|\d[\w.]*/gu

/** Words that depend on the format of a bundle. */
const FORMAT = new Set(['Promise', 'default', 'exports', 'import', 'interopRequireWildcard', 'require', 'resolve', 'then', 'toESM'])

/**
 * What the text of a class says that no bundler or minifier changes: its words, strings and numbers, but not the short names of
 * minifiers, the paths and numbers of modules, or comments.
 * @param {Function} type
 */
function evidenceOf(type) {
  /** @type {Set<string>} */
  const words = new Set()
  /** @type {Set<string>} */
  const owners = new Set()
  const text = Function.prototype.toString.call(bodies.get(type) ?? type)
  for (const [token] of text.matchAll(TOKEN)) {
    if (/^["'`]/.test(token)) {
      const literal = token.slice(1, -1).replace(/\$\{[^}]*\}/g, '')
      if (!/^[./[(]/.test(literal)) words.add(`"${literal}`)
    } else if (/^\d/.test(token)) words.add(token)
    else if (/^[\p{L}_$]/u.test(token)) {
      const word = bare(token)
      if (word.length > 2 && !FORMAT.has(word)) (token.endsWith('.') ? owners : words).add(word)
    }
  }
  return { words, owners }
}

/** A word without what bundlers add to keep names apart. @param {string} token */
function bare(token) {
  if (/__(?:webpack|turbopack)/i.test(token)) return ''
  return token
    .replace(/\s*\.$/, '')
    .replace(/^(?:import_|require_|_+)/, '')
    .replace(/(?:_namespaceObject|[_$]?\d+)$/, '')
}
