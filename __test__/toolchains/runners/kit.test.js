// The testing kit under jest, vitest with each of its pools, node:test and mocha: forty cases in each of eight files, which run at the
// same time on one database.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { snippets } from '../../support/snippets.js'
import { nodeOf } from '../support/nodes.js'
import { FILES, kitFiles } from './kit.js'
import { DIALECTS } from './specs.js'
import { assertPassed, fromGuide, tested } from './support.js'

const AREA = import.meta.dirname

test('jest, in processes and in one', async (t) => {
  const { files, count } = kitFiles('jest')
  const app = await tested(t, AREA, DIALECTS.jest, files)
  const run = (/** @type {string[]} */ ...args) =>
    app.run('jest/bin/jest.js', [...args, '--testTimeout=120000', '--testMatch=**/kit-*.spec.js'])
  assertPassed(await run('--runInBand'), count * FILES)
  // Its own processes get half a second to end, which is too short for a busy machine, so it may complain.
  const { code, text } = await run('--maxWorkers=4')
  assert.equal(code, 0, text)
  assert.match(text, new RegExp(`Tests: +${count * FILES} passed`), text)
})

describe('vitest', () => {
  for (const pool of ['threads', 'forks', 'vmThreads']) {
    test(`pool ${pool}`, async (t) => {
      const { files, count } = kitFiles('vitest')
      const app = await tested(t, AREA, DIALECTS.vitest, { 'vitest.config.ts': fromGuide('vitest.config.ts'), ...files })
      const args = ['run', `--pool=${pool}`, '--testTimeout=120000', '--hookTimeout=120000', '--maxWorkers=4', 'kit-']
      assertPassed(await app.run('vitest/vitest.mjs', args, { node: nodeOf(22) }), count * FILES)
    })
  }
})

test('the matchers, as the guide shows them', async (t) => {
  const shown = snippets('docs/guides/testing.md').filter(({ name }) => ['jobs.js', 'matchers.test.ts'].includes(String(name)))
  const files = Object.fromEntries(shown.map(({ name, text }) => [String(name), text]))
  const app = await tested(t, AREA, DIALECTS.vitest, { 'vitest.config.ts': fromGuide('vitest.config.ts'), ...files })
  assertPassed(await app.run('vitest/vitest.mjs', ['run', 'matchers'], { node: nodeOf(22) }), 2)
})

test('mocha, in processes', async (t) => {
  const { names, files, count } = kitFiles('mocha')
  const app = await tested(t, AREA, DIALECTS.mocha, files)
  assertPassed(await app.run('mocha/bin/mocha.js', ['--timeout=120000', '--parallel', '--jobs=4', ...names]), count * FILES)
})

test('node:test', async (t) => {
  const { names, files, count } = kitFiles('node')
  const app = await tested(t, AREA, DIALECTS.node, files)
  assertPassed(await app.run('node', ['--test', ...names]), count * FILES)
})
