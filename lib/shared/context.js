// Where this code runs: in the thread's own JavaScript context, or in one that a test runner has made for a test file (jest, vitest's
// vmThreads). There the global `process` may be a copy, whose events are never emitted, and an import may be impossible.

import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import vm from 'node:vm'

// Each context has an Object of its own.
export const isOwnContext = vm.runInThisContext('Object') === Object

/** The thread's process object. @type {NodeJS.Process} */
export const ownProcess = (isOwnContext ? undefined : vm.runInThisContext('globalThis.process')) ?? process

/** Without these a context has only `require`. */
const hasModules = isOwnContext || 'SourceTextModule' in vm

/**
 * Imports a file. Where the context cannot, requires it as the code around it does.
 * @param {string} path
 * @returns {Promise<Record<string, any>>}
 */
export async function importPath(path) {
  if (hasModules) return import(pathToFileURL(path).href)
  const exports = createRequire(import.meta.url)(path)
  return exports?.__esModule ? exports : { ...exports, default: exports }
}
