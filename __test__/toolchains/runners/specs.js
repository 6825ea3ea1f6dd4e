// The application that is tested under each runner, and its test files. Two files register classes of one name and start engines of
// one name; a third leaves its engine running.
import { transformSync } from 'esbuild'

/**
 * What a runner calls things.
 * @typedef {object} Dialect
 * @property {string} header  makes `test`, `beforeAll` and `afterAll` known
 * @property {string} [mock]  mocks ./greeting
 * @property {[string, string]} [fake]  turns fake timers on and off
 * @property {boolean} [typescript]  files are TypeScript and ES modules; otherwise compiled to CommonJS
 */

/** @type {Record<'tsJest' | 'jest' | 'vitest' | 'mocha' | 'node', Dialect>} */
export const DIALECTS = {
  tsJest: {
    header: '',
    mock: `jest.mock('./greeting', () => ({ greeting: (to) => 'mocked ' + to }))`,
    fake: ['jest.useFakeTimers()', 'jest.useRealTimers()'],
    typescript: true,
  },
  jest: { header: '', fake: ['jest.useFakeTimers()', 'jest.useRealTimers()'] },
  vitest: {
    header: `import { afterAll, beforeAll, test, vi } from 'vitest'`,
    mock: `vi.mock('./greeting', () => ({ greeting: (to) => 'mocked ' + to }))`,
    fake: ['vi.useFakeTimers()', 'vi.useRealTimers()'],
    typescript: true,
  },
  mocha: { header: 'const [test, beforeAll, afterAll] = [it, before, after]' },
  node: {
    header: `import { after as afterAll, before as beforeAll, mock, test } from 'node:test'`,
    fake: [`mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'setImmediate'] })`, 'mock.timers.reset()'],
  },
}

const GREETING = `export const greeting = (to: string) => 'hello ' + to\n`

/** An enum is more than types, so Node.js cannot load the file by itself. @param {string} file  an expression */
const jobs = (file) => `// @ts-nocheck
import { EramJob } from 'eramjs'
import { greeting } from './greeting'

enum Queue { Mail = 'mail', Report = 'report' }

export class MailJob extends EramJob {
  static { this.register({ filename: ${file}, queue: Queue.Mail }) }
  async perform({ to }) { return { text: greeting(to), pid: process.pid } }
}

export class ReportJob extends EramJob {
  static { this.register({ filename: ${file}, queue: Queue.Report, isolation: 'process' }) }
  async perform() { return { pid: process.pid } }
}
`

/** @param {Dialect} dialect @param {string} name */
const spec = ({ header, mock = '', fake }, name) => `// @ts-nocheck
${header}
import assert from 'node:assert/strict'
import { EramEngine, EramError, EramJob } from 'eramjs'
import { MailJob, ReportJob } from './jobs'
${mock}

class LocalJob extends EramJob {
  static { this.register({ queue: '${name}', max_attempts: ${name.length} }) }
  async perform() { return '${name}' }
}

let engine
beforeAll(async () => {
  await EramEngine.migrate({ prefix: '${name}' })
  engine = await EramEngine.start({ prefix: '${name}', queues: { ${name}: 1, mail: { limit: 2, threads: 2 }, report: 1 } })
})
afterAll(() => engine.stop())

test('each job is performed here, with the options of this file', async () => {
  const jobs = await EramEngine.enqueueAll([LocalJob.new(), MailJob.new({ to: 'ada' }), ReportJob.new()])
  for (const { queue } of jobs) await engine.drain(queue)
  const rows = await Promise.all(jobs.map(({ id }) => engine.jobs.find(id)))
  assert.deepEqual(rows.map(({ state, result }) => [state, result]), [
    ['completed', '${name}'],
    ['completed', { text: '${mock ? 'mocked' : 'hello'} ada', pid: process.pid }],
    ['completed', { pid: process.pid }],
  ])
  assert.equal(rows[0].max_attempts, ${name.length})
})

test('errors of the addon and of the server have their codes', async () => {
  await assert.rejects(engine.drain('unknown'), (error) => error instanceof EramError && error.code === 'ERAM_NOT_FOUND')
  await assert.rejects(EramEngine.start({ name: 'other', prefix: 'absent' }), { code: 'ERAM_NOT_MIGRATED' })
  assert.throws(() => MailJob.register({ priority: 12 }), { code: 'ERAM_JOB' })
})
${
  fake
    ? `
test('fake timers do not stop the engine', async () => {
  ${fake[0]}
  try {
    const { id } = await MailJob.enqueue({ to: 'eve' })
    await engine.drain('mail')
    assert.equal((await engine.jobs.find(id)).state, 'completed')
  } finally {
    ${fake[1]}
  }
})
`
    : ''
}`

/** @param {Dialect} dialect */
const left = ({ header }) => `// @ts-nocheck
${header}
import { EramEngine } from 'eramjs'

beforeAll(() => {})
afterAll(() => {})
test('an engine is left running', async () => {
  await EramEngine.migrate({ prefix: 'left' })
  await EramEngine.start({ name: 'left', prefix: 'left', queues: { left: 1 } })
})
`

/** The files of the application by name. @param {Dialect} dialect @returns {Record<string, string>} */
export function filesOf(dialect) {
  const file = dialect.header.includes("'vitest'") ? 'import.meta.filename' : '__filename'
  const sources = {
    greeting: GREETING,
    jobs: jobs(file),
    'first.spec': spec(dialect, 'first'),
    'second.spec': spec(dialect, 'second'),
    'left.spec': left(dialect),
  }
  const manifest = { 'package.json': '{ "private": true }' }
  if (dialect.typescript) return { ...manifest, ...Object.fromEntries(Object.entries(sources).map(([name, text]) => [`${name}.ts`, text])) }
  const compiled = (/** @type {string} */ text) => transformSync(text, { loader: 'ts', format: 'cjs', target: 'node20' }).code
  return { ...manifest, ...Object.fromEntries(Object.entries(sources).map(([name, text]) => [`${name}.js`, compiled(text)])) }
}
