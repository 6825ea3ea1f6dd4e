// Starts a test engine before the tests of a file and stops it after them, with the hooks of the test runner.

import { createRequire } from 'node:module'
import { EramError } from '../shared/errors.js'
import { state } from '../shared/global-state.js'
import { startTestEngine } from './engine.js'
import { engines, failOn, threads } from './leaks.js'
import { unended } from './scope.js'

/** @import { TestEngine } from './engine.js' */

/** @typedef {(fn: () => Promise<void>) => unknown} Hook */
/** @typedef {{ beforeAll: Hook, afterEach: Hook, afterAll: Hook }} Hooks */

/**
 * The test engine of a file, whose members can be used within tests.
 * @param {unknown} [options]
 * @param {Partial<Record<'beforeAll' | 'before' | 'afterEach' | 'afterAll' | 'after', Hook>>} [given]  hooks of the runner
 * @returns {TestEngine}
 */
export function useTestEngine(options = {}, given = runnerHooks()) {
  const hooks = readHooks(given)
  /** @type {TestEngine | undefined} */
  let test
  // Engines that beforeAll started are stopped by an afterAll, which may come after this one.
  let isFirst = true
  /** @type {Set<number>} */
  let known = new Set()
  const note = () => {
    if (isFirst) known = new Set([...state.engines.values()].map(({ id }) => id))
    isFirst = false
  }
  hooks.beforeAll(async () => {
    test = await startTestEngine(options)
  })
  hooks.afterEach(async () => {
    note()
    const left = test?.engine.testing === 'live' ? [] : unended()
    await test?.reset()
    failOn(left)
  })
  hooks.afterAll(async () => {
    note()
    await test?.stop()
    failOn([...engines(known), ...threads()])
  })
  const get = (/** @type {object} */ _, /** @type {string} */ key) => {
    if (test) {
      const value = /** @type {any} */ (test)[key]
      return typeof value === 'function' ? value.bind(test) : value
    }
    throw new EramError('ERAM_NOT_RUNNING', `useTestEngine: expected ${String(key)} to be used within a test, it was used before`)
  }
  return /** @type {TestEngine} */ (new Proxy({}, { get }))
}

/** The hooks of jest, vitest with globals, mocha, else of node:test. @returns {any} */
function runnerHooks() {
  const found = /** @type {any} */ (globalThis)
  if (typeof found.afterEach === 'function') return found
  if (process.env.VITEST) {
    const hint = 'pass beforeAll, afterEach and afterAll of vitest, or set globals: true'
    throw new EramError('ERAM_CONFIG', `useTestEngine: expected the hooks of vitest, got none; ${hint}`)
  }
  return createRequire(import.meta.url)('node:test')
}

/** @param {any} given @returns {Hooks} */
function readHooks(given) {
  const beforeAll = given?.beforeAll ?? given?.before
  const afterAll = given?.afterAll ?? given?.after
  const afterEach = given?.afterEach
  if ([beforeAll, afterAll, afterEach].every((hook) => typeof hook === 'function')) return { beforeAll, afterEach, afterAll }
  throw new EramError('ERAM_CONFIG', 'useTestEngine: expected the hooks beforeAll, afterEach and afterAll, or before, afterEach and after')
}
