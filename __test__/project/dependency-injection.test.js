// The program of the guide on dependency injection: it compiles, and its job gets in a job thread what the setup file makes there.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { stopped } from '../support/program.js'
import { LIBRARIES, project, snippets, TSCONFIG } from '../support/snippets.js'

const GUIDE = 'docs/guides/dependency-injection.md'

test('the program of the guide runs', () =>
  withSchema(async ({ prefix, rows }) => {
    const own = await project({ type: 'module' })
    await own.link('eramjs', ...LIBRARIES)
    await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
    const files = snippets(GUIDE).filter(({ name }) => name !== null)
    for (const { name, text } of files)
      await own.write(String(name), text.replace('EramEngine.start({', 'EramEngine.start({ prefix: process.env.PREFIX,'))
    await own.compile()
    const { out, code } = await stopped(own.folder, ['dist/main.js'], { DATABASE_URL, PREFIX: prefix }, /^sent to .*$/m)
    assert.equal(code, 0, out)
    assert.match(out, /^sent to ada@example\.com from thread emails$/m)
    assert.deepEqual(await rows('SELECT state, result FROM eram_jobs'), [
      { state: 'completed', result: 'sent to ada@example.com from thread emails' },
    ])
  }))
