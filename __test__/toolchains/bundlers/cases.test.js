// What a bundler can do to an application: run its program in each thread, emit a class twice, and take the names of classes away.
import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import { sql } from '../../support/database.js'
import { application } from '../support/application.js'
import { database } from '../support/database.js'
import { AREA, bin } from './guide.js'

/** A class, as a file that registers it. @param {string} name @param {string} options @param {string} [body] */
const source = (name, options, body = '') =>
  `import { EramJob } from 'eramjs'
  export class ${name} extends EramJob { static { this.register(${options}) } async perform(args: { n: number }) { return { n: args.n } } }${body}`

/** A program that enqueues a job of each class, waits for them, and stops. */
const PROGRAM = `import { EramEngine } from 'eramjs'
  import { HelloJob } from './hello.ts'
  import { ThreadJob } from './thread.ts'
  const program = async () => {
    const engine = await EramEngine.start({ queues: { b: 2 }, logger: false })
    await HelloJob.enqueue({ n: 1 })
    await ThreadJob.enqueue({ n: 2 })
    await engine.drain('b')
    await engine.stop()
  }
`

const FILES = {
  'package.json': '{ "type": "module" }',
  'hello.ts': source('HelloJob', "{ queue: 'b' }"),
  'named.ts': source('HelloJob', "{ queue: 'b', name: 'hello' }"),
  'thread.ts': source('ThreadJob', "{ queue: 'b', filename: import.meta.filename }"),
  'main.ts': `${PROGRAM}await program()`,
  'floating.ts': `${PROGRAM}void program()`,
  'ending.ts': `${PROGRAM}program().catch((error) => { console.error(error.message); process.exit(1) })`,
  'joined.ts': `import path from 'node:path'; ${source('JoinedJob', "{ queue: 'b', filename: path.join(__dirname, 'joined.cjs') }")}`,
  'common.ts': `import { EramEngine } from 'eramjs'
    import { JoinedJob } from './joined.ts'
    const program = async () => {
      const engine = await EramEngine.start({ queues: { b: 2 }, logger: false })
      engine.on('job:stop', ({ job, result }) => console.log(job.worker, result))
      await JoinedJob.enqueue({ n: 3 })
      await engine.drain('b')
      await engine.stop()
    }
    program()`,
  'a.ts': `export { HelloJob as a } from './hello.ts'`,
  'b.ts': `export { HelloJob as b } from './hello.ts'`,
  'c.ts': `export { HelloJob as a } from './named.ts'`,
  'd.ts': `export { HelloJob as b } from './named.ts'`,
  'other.ts': source('HelloJob', "{ queue: 'b' }", '; export const other = 1').replace('return { n: args.n }', 'return { total: args.n }'),
  'anonymous.ts': source('', "{ queue: 'b' }").replace('export class', 'export default class'),
  'both.js': `await import(process.argv[2]); await import(process.argv[3]); console.log('both loaded')`,
}

describe('a bundle', () => {
  /** @param {import('node:test').TestContext} t */
  async function bundled(t) {
    const app = await application(t, AREA, FILES)
    return {
      ...app,
      /** @param {string[]} args */
      async build(...args) {
        const { code, text } = await app.run(bin('esbuild'), [
          ...args,
          '--bundle',
          '--platform=node',
          '--external:eramjs',
          '--log-level=error',
        ])
        assert.equal(code, 0, text)
      },
    }
  }

  test('of one file does not run its program again in a thread: its start is refused, and names the file and the way out', async (t) => {
    const { folder, build, run } = await bundled(t)
    const env = { DATABASE_URL: await database(t) }
    const jobs = await sql(env.DATABASE_URL)
    t.after(() => jobs.end())
    for (const program of ['main', 'floating', 'ending']) {
      await build(`${program}.ts`, '--format=esm', '--outfile=one/program.js')
      const { code, text } = await run(process.execPath, ['one/program.js'], env)
      assert.equal(code, 1, text)
      const refusal =
        `EramEngine.start: expected to be called outside of job threads, got a call in ${path.join(folder, 'one/program.js')}, ` +
        'the file of ThreadJob, which each job thread imports; give job classes a file that starts no engine, in a bundle a second ' +
        `entry point: register({ filename: new URL('./jobs.js', import.meta.url) })`
      assert.ok(text.includes(refusal), text)
      assert.deepEqual(await jobs.rows('SELECT worker FROM eram_jobs'), [])
    }
  })

  test('in CommonJS format names its second entry point by __dirname', async (t) => {
    const { build, run } = await bundled(t)
    await build('common.ts', 'joined.ts', '--format=cjs', '--outdir=common', '--out-extension:.js=.cjs')
    const { code, lines } = await run(process.execPath, ['common/common.cjs'], { DATABASE_URL: await database(t) })
    assert.deepEqual([code, lines], [0, ['JoinedJob { n: 3 }']])
  })

  test('in CommonJS format has no import.meta.filename, and says that it is a bundle', async (t) => {
    const { build, run } = await bundled(t)
    await build('thread.ts', '--format=cjs', '--outfile=one/thread.cjs')
    const { code, text } = await run(process.execPath, ['one/thread.cjs'])
    assert.equal(code, 1)
    assert.match(text, /ThreadJob\.filename: expected a path, got undefined; .*; in a bundle, .* give the path of a second entry point/)
  })

  test('that emits a class twice has one class; two classes of one name are refused', async (t) => {
    const { build, run } = await bundled(t)
    await build('a.ts', 'b.ts', 'other.ts', '--format=esm', '--outdir=two')
    await build('c.ts', 'd.ts', '--format=esm', '--minify', '--outdir=two')
    for (const [first, second] of [
      ['a', 'b'],
      ['c', 'd'],
    ]) {
      const { lines } = await run(process.execPath, ['both.js', `./two/${first}.js`, `./two/${second}.js`])
      assert.deepEqual(lines, ['both loaded'])
    }
    const { code, text } = await run(process.execPath, ['both.js', './two/a.js', './two/other.js'])
    assert.equal(code, 1)
    assert.match(text, /HelloJob\.register: expected one class named "HelloJob", got two, from .*two\/a\.js.* and .*two\/other\.js/)
  })

  test('that takes the name of a class away is refused with the reason', async (t) => {
    const { build, run } = await bundled(t)
    await build('a.ts', '--format=esm', '--minify', '--outfile=one/short.js')
    await build('anonymous.ts', '--format=esm', '--outfile=one/anonymous.js')
    const short = await run(process.execPath, ['one/short.js'])
    assert.match(short.text, /to give a name, got "\w\w?", which is that of a minifier and may differ in the next build/)
    const anonymous = await run(process.execPath, ['one/anonymous.js'])
    assert.match(anonymous.text, /to give a name, got "anonymous_default", which is that of a class without a name/)
  })
})
