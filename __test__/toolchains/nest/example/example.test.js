// examples/nestjs passes its own tests, and runs as a program.
import assert from 'node:assert/strict'
import path from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../../../../scripts/command.js'
import { sql } from '../../../support/database.js'
import { stopped } from '../../../support/program.js'
import { application } from '../../support/application.js'
import { database } from '../../support/database.js'

test('examples/nestjs passes its own tests, and runs as a program', async (t) => {
  const app = await application(t, import.meta.dirname, {}, { from: path.join(ROOT, 'examples', 'nestjs') })
  const url = await database(t)
  const bin = (/** @type {string} */ file) => path.join(import.meta.dirname, 'node_modules', file)
  const env = { DATABASE_URL: url, PORT: '0' }
  const tests = await app.run(process.execPath, [bin('jest/bin/jest.js'), '--ci', '--colors=false'], env)
  assert.equal(tests.code, 0, tests.text)
  assert.match(tests.text, /^Tests: +4 passed, 4 total$/m)
  assert.doesNotMatch(tests.text, /did not exit|open handle|eramjs:/)

  const build = await app.run(process.execPath, [bin('typescript/bin/tsc'), '--project', 'tsconfig.build.json'])
  assert.equal(build.code, 0, build.text)
  const { out, signal } = await stopped(app.folder, ['dist/main.js'], env, /application successfully started/)
  assert.equal(signal, 'SIGTERM', out)
  const client = await sql(url)
  const jobs = await client.rows('SELECT worker, state, count(*)::int FROM eram_jobs GROUP BY worker, state ORDER BY worker')
  await client.end()
  assert.deepEqual(jobs, [
    { worker: 'ReportJob', state: 'completed', count: 1 },
    { worker: 'WelcomeJob', state: 'completed', count: 2 },
  ])
})
