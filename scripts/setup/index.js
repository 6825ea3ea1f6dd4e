// Makes a checkout ready to run: dependencies, addon, bundle, for tests the libraries, and for benchmarks their peers; each only
// when it is missing or older than its sources. Plain Node: the dependencies may not be there yet.
import path from 'node:path'
import { guardian, interruptedCode, listen, ROOT } from '../command.js'
import { withLock } from '../lock.js'
import { Failure } from '../main.js'
import { say, seconds } from '../say.js'
import { addon } from './addon.js'
import { bundle } from './bundle.js'
import { dependencies, libraries, peers } from './dependencies.js'
import { native } from './native.js'

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => string | null} stale why it must be done, null when there is nothing to do
 * @property {() => Promise<string | void>} perform may return what is worth telling
 */

/** How the addon is built: `dev` quickly, `release` for use, `publishing` for `npm pack`. @typedef {'dev' | 'release' | 'publishing'} Profile */

const FOLDER = path.join(ROOT, '.setup')

/**
 * Does what is to be done; a second set-up of the same checkout waits for the first.
 *
 * @param {{ profile?: Profile, only?: 'dependencies', tests?: boolean, benchmarks?: boolean, force?: boolean }} [options] `tests`,
 * `benchmarks`: with what only they need; `force`: build although nothing changed
 */
export async function setup({ profile = 'release', only, tests = false, benchmarks = tests, force = false } = {}) {
  listen() // so that an end by Ctrl-C releases the lock
  /** @param {number} pid */
  const waiting = (pid) => say('set-up', `waiting for another set-up, pid ${pid}`)
  // If we are killed, what we began may still run for a moment, and the guardian as long as that.
  const holders = [process.pid, guardian().pid ?? process.pid]
  await withLock(path.join(FOLDER, 'lock'), { holders, waiting }, async () => {
    const steps = only ? [dependencies(FOLDER)] : [dependencies(FOLDER), addon(profile, FOLDER), bundle(FOLDER)]
    if (benchmarks) steps.push(peers(FOLDER))
    if (tests) steps.push(libraries(FOLDER), native())
    for (const step of steps) {
      const why = step.stale() ?? (force && step.name !== 'dependencies' ? 'asked for' : null)
      if (why === null) continue
      const began = performance.now()
      say(step.name, why)
      const told = await step.perform()
      if (interruptedCode()) throw new Failure(`${step.name}: interrupted`)
      say(step.name, `done in ${seconds(began)}${told ? `: ${told}` : ''}`)
    }
  })
}
