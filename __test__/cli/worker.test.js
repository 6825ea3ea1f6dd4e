// eramjs worker with a config: what it runs, how it ends, and its exit codes.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { eramjs, running } from '../support/cli.js'
import { until, withSchema } from '../support/database.js'
import { folders } from '../support/folders.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const JOB = `import { EramJob } from 'eramjs'
export class HelloJob extends EramJob {
  static { this.register({ filename: import.meta.filename, queue: 'greetings' }) }
  async perform({ fails, hangs }, ctx) {
    if (fails) throw new Error('no')
    if (hangs) await new Promise(() => {})
    return { threads: process.execArgv }
  }
}`
const COMMON_JOB = JOB.replace(`import { EramJob } from 'eramjs'`, `const { EramJob } = require('eramjs')`)
  .replace('export class', 'module.exports = class')
  .replace('import.meta.filename', '__filename')

const folderWith = await folders(['eramjs', 'tsx'])

/**
 * A folder with a config and job files, on a schema.
 * @param {Schema} schema @param {Record<string, string>} files  OPTIONS stands for the database and the schema
 */
function projectOn({ url, prefix }, files) {
  const own = `url: ${JSON.stringify(url)}, prefix: '${prefix}'`
  return folderWith(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, text.replace('OPTIONS', own)])))
}

const SIMPLE = {
  'eram.config.js': `export default { OPTIONS, jobs: ['jobs/*.js'], queues: { greetings: 5 }, logger: false, poll_interval: 50 }`,
  'jobs/hello.js': JOB,
}

/** @param {Schema} schema @param {number} count @param {import('../../index.js').JsonObject} [args] @param {object} [options] */
async function enqueue({ url, prefix }, count, args = {}, options = {}) {
  const engine = await EramEngine.start({ url, prefix, name: 'put', logger: false })
  await engine.enqueueAll(Array.from({ length: count }, () => ({ worker: 'HelloJob', args, queue: 'greetings', ...options })))
  await engine.stop()
}

/** @param {Schema} schema @returns {Promise<Record<string, number>>} */
const states = async ({ rows }) =>
  Object.fromEntries((await rows('SELECT state::text, count(*)::int FROM eram_jobs GROUP BY 1')).map(({ state, count }) => [state, count]))

describe('a config', () => {
  /** @type {[string, Record<string, string>, string[]][]} */
  const languages = [
    [
      'ts',
      {
        'eram.config.ts': `import { defineConfig } from 'eramjs'
          export default defineConfig(async () => ({ OPTIONS, jobs: ['src/**/*.ts'], queues: { greetings: { limit: 5 as number } } }))`,
        'src/jobs/hello.ts': JOB.replace('{ fails, hangs }', '{ fails, hangs }: { fails?: boolean; hangs?: boolean }').replace(
          'ctx)',
          'ctx: unknown)',
        ),
      },
      ['--import', 'tsx'],
    ],
    ['mjs', { 'eram.config.mjs': `export default { OPTIONS, jobs: ['jobs/*.mjs'], queues: { greetings: 5 } }`, 'jobs/hello.mjs': JOB }, []],
    [
      'cjs',
      { 'eram.config.cjs': `module.exports = { OPTIONS, jobs: ['jobs/*.cjs'], queues: { greetings: 5 } }`, 'jobs/hello.cjs': COMMON_JOB },
      [],
    ],
  ]
  for (const [language, files, args] of languages) {
    test(`in ${language} names the queues and the files of their classes`, () =>
      withSchema(async (schema) => {
        const cwd = await projectOn(schema, files)
        await enqueue(schema, 3)
        const { code, out, err } = await eramjs(['worker', '--once', ...args], { cwd, env: {} })
        assert.deepEqual([code, out, err.includes('warning')], [0, '3 success; nothing is left\n', false], err)
      }))
  }

  test('gives its options to the engine; the command line changes queues, limits and the name of the node', () =>
    withSchema(async (schema) => {
      const cwd = await projectOn(schema, {
        'eram.config.js': `export default {
          OPTIONS, jobs: ['*.js', '!eram.config.js'], node: 'of-config', setup: 'own/setup.js', logger: false, http: { port: 0 },
          queues: { greetings: { limit: 5, threads: 2 }, mail: 3, slow: 1 },
        }`,
        'hello.js': JOB,
        'own/setup.js': `export const start = () => {}`,
      })
      /** @type {[string[], string, Record<string, number>][]} */
      const cases = [
        [[], 'of-config', { greetings: 5, mail: 3, slow: 1 }],
        [['--queues', 'greetings=7,mail,extra', '--node', 'of-line'], 'of-line', { greetings: 7, mail: 3, extra: 10 }],
        [['--except', 'mail,slow'], 'of-config', { greetings: 5 }],
      ]
      for (const [args, node, queues] of cases) {
        const worker = running(['worker', ...args], { cwd, env: {} })
        const [, url = ''] = await worker.wrote(/serving (http:\S+)/)
        await worker.wrote(/running/)
        const ready = await eramjs(['health', '--url', url])
        assert.equal(ready.code, 0, ready.out + ready.err)
        const rows = await schema.rows('SELECT node, queue, job_limit AS limit FROM eram_producers ORDER BY queue')
        assert.deepEqual([...new Set(rows.map((row) => row.node))], [node])
        assert.deepEqual(Object.fromEntries(rows.map((row) => [row.queue, row.limit])), queues)
        worker.child.kill('SIGTERM')
        assert.deepEqual(await worker.exited, { code: 0, signal: null })
      }
    }))

  test('warns of files without a class, patterns without a file, and queues without a class', () =>
    withSchema(async (schema) => {
      const cwd = await projectOn(schema, {
        ...SIMPLE,
        'eram.config.js': `export default { OPTIONS, jobs: ['jobs/*.js', 'more/*.js'], queues: { greetings: 5, mail: 1 }, logger: false }`,
        'jobs/empty.js': 'export const nothing = 1',
      })
      const { code, err } = await eramjs(['worker', '--once'], { cwd, env: {} })
      assert.equal(code, 0)
      assert.deepEqual(err.trimEnd().split('\n'), [
        'eramjs: warning: jobs: expected files that match "more/*.js", got none',
        'eramjs: warning: jobs/empty.js: expected it to register a job class, got none',
        'eramjs: warning: queue "mail": expected a job class with this queue, got none',
      ])
      const none = await projectOn(schema, { 'eram.config.js': 'export default { OPTIONS, logger: false }' })
      const without = await eramjs(['worker', '--once'], { cwd: none, env: {} })
      assert.equal(without.err, 'eramjs: warning: no job class is registered: every job fails here, and is tried again\n')
    }))
})

describe('worker ends', () => {
  test('gracefully with 0 at SIGTERM, with jobs that go on until they are done', () =>
    withSchema(async (schema) => {
      const cwd = await projectOn(schema, {
        ...SIMPLE,
        'jobs/hello.js': JOB.replace(`if (fails)`, `await new Promise((resolve) => setTimeout(resolve, 20))\n    if (fails)`),
      })
      await enqueue(schema, 500)
      const worker = running(['worker'], { cwd, env: {} })
      await until(async () => assert.ok(((await states(schema)).completed ?? 0) > 10))
      worker.child.kill('SIGTERM')
      assert.deepEqual(await worker.exited, { code: 0, signal: null })
      const { completed = 0, available = 0, ...others } = await states(schema)
      assert.deepEqual([completed + available, others], [500, {}])
      // No attempt was lost or counted twice.
      const { sum } = await schema.row('SELECT sum(attempt)::int FROM eram_jobs')
      assert.equal(sum, completed)
      assert.deepEqual(await schema.rows('SELECT 1 FROM eram_producers'), [])
    }))

  test('at once with 143 at a second SIGTERM, and hands its jobs back', () =>
    withSchema(async (schema) => {
      const cwd = await projectOn(schema, SIMPLE)
      await enqueue(schema, 3, { hangs: true })
      const worker = running(['worker', '--grace', '1h'], { cwd, env: {} })
      await until(async () => assert.equal((await states(schema)).executing, 3))
      worker.child.kill('SIGTERM')
      await worker.wrote(/eramjs: stopping/)
      worker.child.kill('SIGTERM')
      assert.deepEqual(await worker.exited, { code: 143, signal: null })
      await until(async () => assert.deepEqual(await states(schema), { available: 3 }))
    }))

  test('--once with 0 after 1,000 jobs, and with 1 if jobs were discarded', () =>
    withSchema(async (schema) => {
      const cwd = await projectOn(schema, SIMPLE)
      await enqueue(schema, 1000)
      const done = await eramjs(['worker', '--once', '--queues', 'greetings=50'], { cwd, env: {} })
      assert.deepEqual([done.code, done.out, done.err], [0, '1000 success; nothing is left\n', ''])
      assert.deepEqual(await states(schema), { completed: 1000 })
      await enqueue(schema, 2, { fails: true }, { max_attempts: 1 })
      const discarded = await eramjs(['worker', '--once', '--json'], { cwd, env: {} })
      assert.deepEqual([discarded.code, JSON.parse(discarded.out).discard], [1, 2])
    }))

  test('with 3 where the schema is not migrated, and with 2 at other errors', () =>
    withSchema(
      async (schema) => {
        const cwd = await projectOn(schema, SIMPLE)
        const unmigrated = await eramjs(['worker'], { cwd, env: {} })
        assert.equal(unmigrated.code, 3)
        assert.match(unmigrated.err, /ERAM_NOT_MIGRATED/)
        const json = await eramjs(['worker', '--json'], { cwd, env: {} })
        assert.deepEqual([json.code, JSON.parse(json.out).error.code], [3, 'ERAM_NOT_MIGRATED'])
        for (const [args, message] of /** @type {[string[], RegExp][]} */ ([
          [['--url', 'postgres://127.0.0.1:1/x'], /ERAM_UNAVAILABLE/],
          [['--except', 'mail'], /--except: expected some of the queues greetings, got "mail"/],
          [['--except', 'greetings'], /worker: expected at least one queue, got none/],
          [['--watch', '--once'], /--watch: expected no --once beside it, got both/],
          [['--host', '0.0.0.0'], /--host: expected --port beside it, got none/],
        ])) {
          const { code, err } = await eramjs(['worker', ...args], { cwd, env: {} })
          assert.equal(code, 2, err)
          assert.match(err, message)
        }
        const empty = await folderWith()
        const { code, err } = await eramjs(['worker'], { cwd: empty })
        assert.deepEqual(
          [code, err],
          [
            2,
            'eramjs: ERAM_CONFIG: worker: expected a config file or files of job classes, got neither; npx eramjs init writes a config\n',
          ],
        )
      },
      { migrate: false },
    ))
})

describe('worker --watch', () => {
  test('restarts with a change, a new file, and after a mistake; ends with its child', () =>
    withSchema(async (schema) => {
      const cwd = await projectOn(schema, SIMPLE)
      const file = path.join(cwd, 'jobs', 'hello.js')
      const worker = running(['worker', '--watch'], { cwd, env: {} })
      const result = async (/** @type {string} */ expected) => {
        await enqueue(schema, 1)
        await until(async () => {
          const [row] = await schema.rows('SELECT result FROM eram_jobs ORDER BY id DESC LIMIT 1')
          assert.deepEqual(row.result, { version: expected })
        })
      }
      const version = (/** @type {string} */ name) => writeFileSync(file, JOB.replace(/return .*/, `return { version: '${name}' }`))
      await worker.wrote(/eramjs: running greetings/)
      version('second')
      await worker.wrote(/jobs\/hello\.js changed, restarting/)
      await worker.wrote(/eramjs: running greetings/, 2)
      await result('second')
      writeFileSync(file, 'this is not JavaScript')
      await worker.wrote(/the worker ended with exit code 2; waiting for a change/)
      version('third')
      await worker.wrote(/eramjs: running greetings/, 3)
      await result('third')
      writeFileSync(path.join(cwd, 'jobs', 'other.js'), readFileSync(file, 'utf8').replaceAll('HelloJob', 'OtherJob'))
      await worker.wrote(/eramjs: running greetings/, 4)
      worker.child.kill('SIGINT')
      assert.deepEqual(await worker.exited, { code: 0, signal: null })
      assert.deepEqual(await schema.rows('SELECT 1 FROM eram_producers'), [])
    }))

  test('a worker whose parent was killed stops gracefully', () =>
    withSchema(async (schema) => {
      const cwd = await projectOn(schema, SIMPLE)
      const worker = running(['worker', '--watch'], { cwd, env: {} })
      await worker.wrote(/eramjs: running greetings/)
      const [{ pid }] = await schema.rows(`SELECT (meta->>'pid')::int AS pid FROM eram_producers`)
      worker.child.kill('SIGKILL')
      await until(async () => assert.deepEqual(await schema.rows('SELECT 1 FROM eram_producers'), []))
      await until(async () => assert.throws(() => process.kill(pid, 0), { code: 'ESRCH' }))
    }))
})
