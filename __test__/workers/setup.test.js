// Setup files: what they give to jobs on each kind of isolate, when they start and stop, and what is refused.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EramEngine } from '../../index.js'
import { Setup } from '../../lib/shared/setup.js'
import { withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { InjectedMainJob, InjectedProcessJob, InjectedThreadJob } from '../support/fixtures/setup/jobs.js'
import { journal } from '../support/fixtures/setup/journal.js'

/** @param {string} name */
const file = (name) => new URL(`../support/fixtures/setup/${name}`, import.meta.url)

const QUEUES = { injected: 5 }
const INFO = /** @type {const} */ ({ isolate: 'main', queue: null, group: null, engine: 'default', workers: [] })

/**
 * Writes setup files for one test.
 * @param {import('node:test').TestContext} t @param {string[]} sources @param {string} [ending] @returns {string[]} paths
 */
function written(t, sources, ending = 'mjs') {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'eram-setup-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return sources.map((source, i) => {
    const name = path.join(folder, `setup${i}.${ending}`)
    writeFileSync(name, source)
    return name
  })
}

/** A setup of these files, as an isolate has it. @param {string[]} paths @param {Parameters<typeof Setup.start>[2]} [options] */
const started = (paths, options) => Setup.start(paths, INFO, options)

/** The next warning of this process. @returns {Promise<string>} */
const warning = () => new Promise((resolve) => process.once('warning', ({ message }) => resolve(message)))

describe('a setup file', () => {
  test('gives jobs their dependencies on the main thread, in a job thread and in a job process', async (t) => {
    const lines = journal(t)
    await withEngine({ queues: QUEUES, setup: file('container.js') }, async ({ runToCompletion }) => {
      for (const [JobClass, isolate] of /** @type {const} */ ([
        [InjectedMainJob, 'main'],
        [InjectedThreadJob, 'thread'],
        [InjectedProcessJob, 'process'],
      ])) {
        assert.equal((await runToCompletion(JobClass, { to: 'Ada' })).result, `to Ada from ${isolate}, attempt 1`)
      }
    })
    const starts = lines().filter((line) => line.startsWith('start'))
    assert.equal(starts[0], 'start main  default ')
    assert.deepEqual(starts.slice(1).sort(), [
      'start process injected default InjectedProcessJob',
      'start thread injected default InjectedThreadJob',
    ])
    // The main thread stops last.
    const stops = lines().filter((line) => line.startsWith('stop'))
    assert.deepEqual([...stops.slice(0, 2).sort(), stops[2]], ['stop process', 'stop thread', 'stop main'])
  })

  test('releases an instance after its after… methods', async (t) => {
    const lines = journal(t)
    let id
    await withEngine({ queues: QUEUES, setup: file('container.js') }, async ({ runToCompletion }) => {
      id = (await runToCompletion(InjectedMainJob, { to: 'Ada' })).id
    })
    const ends = lines().filter((line) => /^(after|release)/.test(line))
    assert.deepEqual(ends, ['afterSuccess has ended', `release InjectedMainJob ${id}`])
  })

  test('starts after those before it, and stops before them', async (t) => {
    const lines = journal(t)
    await withEngine({ setup: [file('first.cjs'), file('container.js')], queues: {} }, async () => {})
    assert.deepEqual(lines(), ['first starts main', 'start main  default ', 'stop main', 'first stops'])
  })

  for (const [how, source, ending] of [
    ['with a default export', 'export default { resolve: (JobClass) => new JobClass("it") }'],
    ['with named exports', 'export const resolve = (JobClass) => new JobClass("it")'],
    ['with create', 'export const create = (JobClass) => new JobClass("it")'],
    ['with a container that has get', 'export const container = { get: (JobClass) => new JobClass("it") }'],
    ['with a container that has resolve', 'export const container = { resolve: async (JobClass) => new JobClass("it") }'],
    ['with an instance of a class', 'export default new (class { word = "it"; resolve(JobClass) { return new JobClass(this.word) } })()'],
    ['with other exports beside the default', 'export default { resolve: (JobClass) => new JobClass("it") }; export const pool = 1'],
    ['in CommonJS', 'module.exports = { resolve: (JobClass) => new JobClass("it") }', 'cjs'],
    ['compiled to CommonJS', 'exports.__esModule = true; exports.default = { resolve: (JobClass) => new JobClass("it") }', 'cjs'],
  ]) {
    test(`${how} makes instances`, async (t) => {
      const setup = await started(written(t, [String(source)], ending))
      class Job {
        /** @param {string} word */
        constructor(word) {
          this.word = word
        }
      }
      const made = /** @type {any} */ (await setup.create?.(Job, {}))
      assert.equal(made?.word, 'it')
      await setup.stop()
    })
  }

  test('without resolve leaves it to the constructor', async (t) => {
    const setup = await started(written(t, ['export const start = () => {}']))
    assert.equal(setup.create, undefined)
    await setup.stop()
  })
})

describe('start() is refused', () => {
  for (const [why, source, code, message] of /** @type {[string, string, string, RegExp][]} */ ([
    [
      'when a setup file cannot be imported',
      'throw new TypeError("broken")',
      'ERAM_LOAD',
      /^setup: expected to import \S+, got TypeError: broken$/,
    ],
    [
      'when its start() throws',
      'export async function start() { throw new TypeError("no") }',
      'ERAM_LOAD',
      /^setup: expected start\(\) of \S+ to succeed, got TypeError: no$/,
    ],
    [
      'for a member that does not exist',
      'export const reslove = () => {}',
      'ERAM_CONFIG',
      /^setup: \S+: expected only start, resolve, create, container, release, enqueue, attempt, perform, onError, stop, got "reslove"; with a default export/,
    ],
    ['for a member of the wrong type', 'export default { stop: 5 }', 'ERAM_CONFIG', /: stop: expected a function, got 5$/],
    [
      'for a container that gives nothing',
      'export const container = {}',
      'ERAM_CONFIG',
      /: container: expected an object with a method get or resolve, got an object$/,
    ],
    [
      'for two ways to make instances',
      'export const resolve = () => {}, container = new Map()',
      'ERAM_CONFIG',
      /: expected one of resolve, create, container, got "resolve and container"$/,
    ],
    [
      'for a default export that is not an object',
      'export default () => {}',
      'ERAM_CONFIG',
      /: expected an object as its default export, got a function$/,
    ],
  ])) {
    test(why, async (t) => {
      await assert.rejects(EramEngine.start({ setup: written(t, [source]) }), { code, message })
    })
  }

  test('when two setup files make instances', async (t) => {
    const source = 'export const resolve = () => {}'
    await assert.rejects(EramEngine.start({ setup: written(t, [source, source]) }), {
      code: 'ERAM_CONFIG',
      message: /^setup: expected one file with resolve, create or container, got \S+; an earlier one has it$/,
    })
  })

  test('for a setup that is not a file, and a create that is not a function', async () => {
    const start = (/** @type {any} */ options) => EramEngine.start(options)
    await assert.rejects(start({ setup: './setup.js' }), { code: 'ERAM_CONFIG', message: /^setup: expected an absolute path/ })
    await assert.rejects(start({ setup: ['/nowhere/setup.js'] }), {
      code: 'ERAM_CONFIG',
      message: /^setup\[0\]: expected a file that exists/,
    })
    await assert.rejects(start({ create: {} }), {
      code: 'ERAM_CONFIG',
      message: 'create: expected a function (JobClass, ctx) => instance, got an object',
    })
  })

  test('when a setup file fails in a job thread', () =>
    withSchema(({ url, prefix }) =>
      assert.rejects(EramEngine.start({ url, prefix, queues: QUEUES, setup: file('fails-in-threads.js') }), {
        code: 'ERAM_LOAD',
        message: /got TypeError: no container in a (thread|process)$/,
      }),
    ))

  test('and stops the files that have started', async (t) => {
    const lines = journal(t)
    const [broken] = written(t, ['throw new Error("broken")'])
    await assert.rejects(EramEngine.start({ setup: [file('first.cjs'), String(broken)] }), { code: 'ERAM_LOAD' })
    assert.deepEqual(lines(), ['first starts main', 'first stops'])
  })
})

describe('a setup file that hangs', () => {
  test('in start() is given up', async (t) => {
    const limits = { start: 20, stop: 20 }
    await assert.rejects(started(written(t, ['export const start = () => new Promise(() => {})']), { limits }), {
      code: 'ERAM_LOAD',
      message: /^setup: expected \S+ to start within 20 ms, it is still starting; its start\(\), or a top-level await, does not settle$/,
    })
  })

  test('in stop() is not waited for longer', async (t) => {
    const setup = await started(written(t, ['export const stop = () => new Promise(() => {})']), { limits: { start: 5000, stop: 20 } })
    const warned = warning()
    await setup.stop()
    assert.match(await warned, /^setup: expected stop\(\) of \S+ to end within 20 ms, it is still running$/)
  })

  test('or throws in stop() does not keep others from stopping', async (t) => {
    const lines = journal(t)
    const [throwing] = written(t, ['export const stop = () => { throw new Error("no") }'])
    const setup = await started([fileURLToPath(file('first.cjs')), String(throwing)])
    const warned = warning()
    await setup.stop()
    assert.match(await warned, /^setup: expected stop\(\) of \S+ to succeed, got Error: no$/)
    assert.deepEqual(lines(), ['first starts main', 'first stops'])
  })
})
