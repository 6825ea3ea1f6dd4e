// An application with job threads under jest 30, mocha and node:test: its jobs are performed where the test is, runs end by
// themselves, and an engine that was not stopped is named. Older and other runners are in files of their own.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { NODES, nodeOf } from '../support/nodes.js'
import { DIALECTS } from './specs.js'
import { assertNamed, assertPassed, commandOf, fromGuide, tested } from './support.js'

const AREA = import.meta.dirname
const JEST = 'jest/bin/jest.js'
const MOCHA = 'mocha/bin/mocha.js'
const TSCONFIG = JSON.stringify({
  compilerOptions: {
    module: 'commonjs',
    target: 'es2022',
    esModuleInterop: true,
    strict: true,
    skipLibCheck: true,
    types: ['jest', 'node'],
  },
})
const GUIDE_JOBS = `import { EramJob } from 'eramjs'
export class EmailUserJob extends EramJob {
  static { this.register({ filename: __filename, queue: 'emails' }) }
  async perform(args: { email: string }) { return args.email }
}
`

test('jest 30, with TypeScript, as the guide configures it', async (t) => {
  const app = await tested(t, AREA, DIALECTS.tsJest, {
    'jest.config.js': fromGuide('jest.config.js'),
    'tsconfig.json': TSCONFIG,
    'email/jobs.ts': GUIDE_JOBS,
    'email/jobs.test.ts': fromGuide('jobs.test.ts').replace(
      'engine = await EramEngine.start({',
      `await EramEngine.migrate({ prefix: 'guide' })\n  engine = await EramEngine.start({ prefix: 'guide',`,
    ),
  })
  assertPassed(await app.run(JEST, ['--runInBand', 'first', 'second', 'email']), 7)
  assertNamed(await app.run(JEST, ['--runInBand', 'left', 'first']))
  // In processes of jest's own.
  assertNamed(await app.run(JEST, ['--maxWorkers=2', '--workerIdleMemoryLimit=1GB', 'left', 'first', 'second']))
})

test('mocha, as the guide runs it', async (t) => {
  const app = await tested(t, AREA, DIALECTS.mocha)
  const env = { ERAM_ISOLATION: 'main' }
  // It ends without --exit, too. mocha loads all files of a process at once, and two would have one class.
  assertPassed(await app.run(MOCHA, ['--timeout=60000', 'first.spec.js'], { env }), 2)
  assertNamed(await app.run(MOCHA, [...commandOf('mocha'), 'left.spec.js'], { env }))
})

describe('node:test, as the guide runs it', () => {
  for (const { major, node } of NODES) {
    test(`of Node.js ${major}`, async (t) => {
      const app = await tested(t, AREA, DIALECTS.node)
      const env = { ERAM_ISOLATION: 'main' }
      assertPassed(await app.run('node', ['--test', 'first.spec.js', 'second.spec.js'], { node, env }), 6)
      if (major >= 22) assertNamed(await app.run('node', [...commandOf('node'), 'left.spec.js'], { node, env }))
    })
  }
})

test('where job threads cannot load a file, the error says what to do', async (t) => {
  const app = await tested(t, AREA, DIALECTS.vitest)
  const { code, text } = await app.run('vitest/vitest.mjs', ['run', 'first'], { node: nodeOf(22) })
  assert.notEqual(code, 0)
  assert.match(text, /job threads load files as Node\.js does and not through vitest: set ERAM_ISOLATION=main, or isolation: 'main'/)
})
