// The tests of the sample application pass.
import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import path from 'node:path'
import { test } from 'node:test'
import '../support/database.js'
import { finished, project, ROOT } from '../support/snippets.js'

test('the tests of examples/testing pass', async (t) => {
  const { folder, link } = await project({ type: 'module' })
  await link('eramjs', 'pg')
  await cp(path.join(ROOT, 'examples/testing'), folder, { recursive: true })
  const files = ['jobs', 'checkout', 'orders'].map((name) => `${name}.test.js`)
  const { code, out } = await finished(process.execPath, ['--test', '--test-reporter=tap', ...files], {
    cwd: folder,
    env: { NODE_TEST_CONTEXT: undefined },
  })
  assert.equal(code, 0, out)
  assert.match(out, /^# pass 11$/m, out)
  t.diagnostic(/^# duration_ms .*/m.exec(out)?.[0] ?? '')
})
