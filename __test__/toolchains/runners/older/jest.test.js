// jest 29.
import { test } from 'node:test'
import { DIALECTS } from '../specs.js'
import { assertNamed, assertPassed, tested } from '../support.js'

test('jest 29', async (t) => {
  const config = `module.exports = { transform: {}, testMatch: ['**/*.spec.js'] }`
  const app = await tested(t, import.meta.dirname, DIALECTS.jest, { 'jest.config.js': config })
  assertPassed(await app.run('jest/bin/jest.js', ['--runInBand', 'first', 'second']), 6)
  assertNamed(await app.run('jest/bin/jest.js', ['--runInBand', 'left']))
})
