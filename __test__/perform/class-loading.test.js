// Finding the class of a job in its file.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { EramEngine, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ThreadJob } from '../support/fixtures/jobs.js'
import { until } from '../support/until.js'

/** @param {string} name */
const file = (name) => path.join(import.meta.dirname, '../support/fixtures/files', name)

const QUEUES = { load: 2 }

/**
 * A class that this thread only registers: the job's thread finds its own in the file.
 * @param {string} name
 * @param {string | URL} filename
 * @param {string} [queue]
 */
function register(name, filename, queue = 'load') {
  const type = class extends EramJob {
    /** @returns {unknown} */
    perform() {
      throw new Error('not here')
    }
  }
  type.register({ name, filename, queue })
  return type
}

/**
 * @param {string} source
 * @param {(filename: string) => Promise<void>} test
 */
async function withFile(source, test) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'eram-'))
  const filename = path.join(folder, 'job.mjs')
  await writeFile(filename, source)
  await test(filename)
  await rm(folder, { recursive: true })
}

describe('a job file', () => {
  /** @type {[string, string, string | URL, string][]} */
  const cases = [
    ['by the worker’s name', 'NamedJob', file('named.js'), 'named'],
    ['by the worker’s name, not the other', 'OtherJob', file('named.js'), 'other'],
    ['as the default export', 'DefaultJob', file('default.js'), 'default'],
    ['in CommonJS', 'CommonJob', file('common.cjs'), 'common'],
    ['as a CommonJS module itself', 'WholeJob', file('whole.cjs'), 'whole'],
    ['by a file: URL', 'NamedJob', pathToFileURL(file('named.js')), 'named'],
  ]
  for (const [how, name, filename, result] of cases) {
    test(`gives its class ${how}`, async () => {
      const type = register(name, filename)
      await withEngine({ queues: QUEUES }, async ({ runToCompletion }) => assert.equal((await runToCompletion(type, {})).result, result))
    })
  }

  test('gives a class that is registered under another name, and its aliases', async () => {
    await import('../support/fixtures/files/renamed.js')
    await withEngine({ queues: QUEUES }, async ({ waitForState }) => {
      for (const name of ['mail:send', 'OldMailJob']) {
        const id = await enqueue(name, {}, { queue: 'load' })
        assert.equal((await waitForState(id, 'completed')).result, 'renamed')
      }
    })
  })

  test('in TypeScript is loaded by the loader in exec_argv', async () => {
    // Stands for a loader such as tsx: takes off what this one file has of types.
    const folder = await mkdtemp(path.join(os.tmpdir(), 'eram-'))
    const hooks = `
      import { readFile } from 'node:fs/promises'
      export async function load(url, context, next) {
        if (!url.endsWith('.ts')) return next(url, context)
        const text = await readFile(new URL(url), 'utf8')
        const source = text.replace(/: \\{ text: string \\}|: Promise<string>| satisfies string/g, '')
        return { format: 'module', source, shortCircuit: true }
      }`
    await writeFile(path.join(folder, 'hooks.mjs'), hooks)
    await writeFile(path.join(folder, 'register.mjs'), `import { register } from 'node:module'; register('./hooks.mjs', import.meta.url)`)
    const type = register('TypedJob', file('typed.ts'), 'typed')
    const queues = { typed: { limit: 2, exec_argv: ['--import', pathToFileURL(path.join(folder, 'register.mjs')).href] } }
    await withEngine({ queues }, async ({ runToCompletion }) =>
      assert.equal((await runToCompletion(type, { text: 'typed' })).result, 'typed'),
    )
    await rm(folder, { recursive: true })
  })
})

describe('start()', () => {
  const missing = 'export const answer = 42; export function perform() {}'
  const broken = `throw new TypeError('this file is broken')`
  /** @type {[string, string, string, RegExp][]} */
  const cases = [
    [
      'exports no such class',
      'MissingJob',
      missing,
      /^MissingJob: expected \S+ to export class MissingJob with a perform method, got exports "answer", "perform"$/,
    ],
    [
      'cannot be imported',
      'BrokenJob',
      broken,
      /^BrokenJob: expected to import \S+ in its job thread, got TypeError: this file is broken$/,
    ],
    ['ends the thread', 'EndingJob', 'process.exit(3)', /exited with code 3/],
  ]
  for (const [how, name, source, message] of cases) {
    test(`rejects when a job file ${how}, and succeeds once the file is repaired`, () =>
      withFile(source, (filename) =>
        withSchema(async ({ url, prefix }) => {
          register(name, filename, name)
          const options = { url, prefix, queues: { [name]: 1, load: 1 } }
          await assert.rejects(EramEngine.start(options), { code: 'ERAM_LOAD', message })
          assert.throws(() => EramEngine.get(), { code: 'ERAM_NOT_RUNNING' })
          await writeFile(filename, `export class ${name} { perform() {} }`)
          const engine = await EramEngine.start(options)
          await engine.stop()
        }),
      ))
  }

  test('refuses a file that is not there', () => {
    assert.throws(() => register('NowhereJob', file('nowhere.js')), { code: 'ERAM_JOB', message: /nowhere\.js/ })
    assert.throws(() => register('RelativeJob', './jobs.js'), { code: 'ERAM_JOB', message: /absolute path/ })
  })
})

describe('a class that is registered while the engine runs', () => {
  test('gets a thread', () =>
    withEngine({ queues: QUEUES }, async ({ runToCompletion }) => {
      const type = register('LateJob', file('default.js'))
      assert.equal((await runToCompletion(type, {})).result, 'default')
    }))

  test('whose file is broken is reported by checkQueue, and works once the file is repaired', () =>
    withFile(`throw new TypeError('this file is broken')`, (filename) =>
      withEngine({ queues: { mending: 2 } }, async ({ engine, runToCompletion }) => {
        const type = register('MendedJob', filename, 'mending')
        await until(async () => {
          const [thread] = (await engine.checkQueue('mending')).threads
          assert.equal(thread.state, 'waiting')
          assert.match(thread.problem, /this file is broken/)
        })
        await writeFile(filename, 'export class MendedJob { async perform() { return "mended" } }')
        assert.equal((await runToCompletion(type, {})).result, 'mended')
        assert.equal((await engine.checkQueue('mending')).threads[0].problem, null)
      }),
    ))
})

test('a job of an unknown class is left alone', () =>
  withEngine({ queues: { thread: 1 } }, async ({ runToCompletion, engine }) => {
    const id = await enqueue('UnknownJob', {}, { queue: 'thread' })
    await runToCompletion(ThreadJob, { action: 'return' })
    const job = await engine.jobs.find(id)
    assert.deepEqual([job.state, job.attempt], ['available', 0])
  }))
