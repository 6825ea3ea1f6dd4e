// Makes a checkout ready to run: dependencies, addon, bundle and dashboard, and what only some tests or the benchmark need; each only if it
// is missing or older than its sources. Plain Node: the dependencies may not be installed yet.
import path from 'node:path'
import { interruptedCode, listen, ROOT } from '../command.js'
import { withLock } from '../lock.js'
import { Failure, log, seconds } from '../main.js'
import { reaper } from '../processes.js'
import { addon } from './addon.js'
import { bundle } from './bundle.js'
import { dashboard } from './dashboard.js'
import { installation, LIBRARIES, pgNative } from './dependencies.js'

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {() => string | null} stale why it must be performed; null if it is up to date
 * @property {() => Promise<string | void>} perform may return a detail for the progress line
 * @typedef {'dev' | 'release' | 'publishing'} Profile of the addon: `dev` builds quickly, `release` is for use, `publishing` for `npm run package`
 */

const FOLDER = path.join(ROOT, '.setup')

/**
 * Performs what is stale; a second set-up of the same checkout waits for the first.
 *
 * @param {{ profile?: Profile, only?: 'dependencies' | 'javascript', packages?: Iterable<string>, force?: boolean }} [options]
 *   `only`: `dependencies`, or `javascript` for these, the bundle and the dashboard; `packages`: folders with a manifest of their own whose dependencies are needed too, such as `bench`; `force`: build even if
 *   nothing changed
 */
export async function setup({ profile = 'release', only, packages = [], force = false } = {}) {
  listen() // so that Ctrl-C releases the lock
  const waiting = (/** @type {number} */ pid) => log('set-up', `waiting for another set-up, pid ${pid}`)
  // If we are killed, cargo or npm may still run for a moment, and the reaper for as long as they do.
  const holder = reaper().child.pid
  await withLock(path.join(FOLDER, 'lock'), { holder, waiting }, async () => {
    const steps = [installation('dependencies', '.', FOLDER)]
    if (!only) steps.push(addon(profile, FOLDER))
    if (only !== 'dependencies') steps.push(bundle(FOLDER), dashboard(FOLDER))
    for (const place of packages) {
      steps.push(installation(place.replace(/^__test__\//, ''), place, FOLDER))
      if (place === LIBRARIES) steps.push(pgNative())
    }
    for (const step of steps) {
      const why = step.stale() ?? (force && step.name !== 'dependencies' ? 'requested' : null)
      if (why === null) continue
      const began = performance.now()
      log(step.name, why)
      const detail = await step.perform()
      if (interruptedCode()) throw new Failure(`${step.name}: interrupted`)
      log(step.name, `done in ${seconds(began)}${detail ? `: ${detail}` : ''}`)
    }
  })
}
