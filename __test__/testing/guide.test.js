// The files of docs/guides/testing.md, in a project of a user's. That with matchers runs under vitest, see __test__/toolchains/runners.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import '../support/database.js'
import { finished, project, snippets } from '../support/snippets.js'

test('the tests that the guide shows pass', async () => {
  const { write, link, folder } = await project({ type: 'module' })
  await link('eramjs', 'pg')
  const files = snippets('docs/guides/testing.md').filter(({ lang, name }) => lang === 'js' && name !== null)
  for (const { name, text } of files) await write(String(name), text)
  const tests = files.map(({ name }) => String(name)).filter((name) => name.endsWith('.test.js'))
  assert.equal(tests.length, 4)
  const count = files.reduce((sum, { text }) => sum + [...text.matchAll(/^test\(/gm)].length, 0)
  const { code, out } = await finished(process.execPath, ['--test', '--test-reporter=tap', ...tests], {
    cwd: folder,
    env: { NODE_TEST_CONTEXT: undefined },
  })
  assert.equal(code, 0, out)
  assert.match(out, new RegExp(`^# pass ${count}$`, 'm'), out)
})
