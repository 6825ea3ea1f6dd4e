// The application of specs.js under one version of vitest, with each of its pools.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DIALECTS } from './specs.js'
import { assertNamed, assertPassed, fromGuide, tested } from './support.js'

/**
 * @param {number} version
 * @param {string} area  the folder with the package
 * @param {string | undefined} node  the Node.js that runs it
 */
export function testVitest(version, area, node) {
  describe(`vitest ${version}, as the guide configures it`, () => {
    for (const pool of ['threads', 'forks', 'vmThreads']) {
      test(`pool ${pool}`, async (t) => {
        const app = await tested(t, area, DIALECTS.vitest, { 'vitest.config.ts': fromGuide('vitest.config.ts') })
        const run = (/** @type {string[]} */ ...files) =>
          app.run('vitest/vitest.mjs', ['run', `--pool=${pool}`, '--testTimeout=60000', '--hookTimeout=60000', ...files], { node })
        assertPassed(await run('first', 'second'), 6)
        // At the same time, also on a machine with few processors.
        assertPassed(await run('--maxWorkers=2', 'first', 'second'), 6)
        const left = await run('left', 'first')
        assert.match(left.text, /Test Files .*2 passed/)
        assertNamed(left)
      })
    }
  })
}
