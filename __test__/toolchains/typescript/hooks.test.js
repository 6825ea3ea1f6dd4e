// How hooks reach job threads and job processes when Node's options do not carry them, what the error says where there are none, and
// what the guide says of decorated classes.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { fragments } from '../../support/snippets.js'
import { database } from '../support/database.js'
import { NODES } from '../support/nodes.js'
import { application, DONE } from './application.js'
import { GUIDE, lines, TOOLS } from './lines.js'

const OLDEST = NODES[0]?.major ?? 0

test('each command of the guide belongs to one tool, and each tool has some', () => {
  const owners = lines().map(({ command }) => Object.keys(TOOLS).filter((tool) => TOOLS[tool]?.test(command)))
  for (const each of owners) assert.equal(each.length, 1, each.join())
  assert.deepEqual([...new Set(owners.flat())].sort(), Object.keys(TOOLS).sort())
})

test('hooks that the program registers for require() reach job threads and job processes', async (t) => {
  const starts = {
    'ts-node.cjs': `require('ts-node').register({ transpileOnly: true })`,
    'swc-node.cjs': `require('@swc-node/register')`,
    'tsx.cjs': `require('tsx/cjs')`,
  }
  const files = Object.fromEntries(Object.entries(starts).map(([name, hooks]) => [name, `${hooks}\nrequire('./main.ts')\n`]))
  const [app, url] = [await application(t, 'commonjs', { files }), await database(t)]
  for (const name of Object.keys(starts)) {
    await t.test(name, async () => {
      const { lines, text } = await app.run(OLDEST, `node ${name}`, { DATABASE_URL: url })
      assert.deepEqual(lines, DONE, text)
    })
  }
})

test('a driver that is a file in TypeScript is loaded with the hooks of the program', async (t) => {
  const files = {
    'db.ts': `import { Pool } from 'pg'
enum Setting { Url = 'DATABASE_URL' }
export const pool = new Pool({ connectionString: process.env[Setting.Url] })
`,
    'tx-job.ts': `import { EramJob, type JobContext } from 'eramjs'
export class TxJob extends EramJob {
  static { this.register({ filename: __filename, queue: 'tx', transaction: true }) }
  async perform(_args: {}, ctx: JobContext) { return (await ctx.tx.query('SELECT 7 AS n')).rows[0].n }
}
`,
    'tx.ts': `import { join } from 'node:path'
import { EramEngine } from 'eramjs'
import { TxJob } from './tx-job'
async function main() {
  const driver = { type: 'pg', filename: join(__dirname, 'db.ts'), export: 'pool' } as const
  const engine = await EramEngine.start({ driver, url: process.env.DATABASE_URL, queues: { tx: 1 }, logger: false })
  const ended = new Promise<any>((resolve) => { engine.on('job:stop', resolve); engine.on('job:exception', resolve) })
  await TxJob.enqueue({})
  const { job, result, error } = await ended
  console.log(job.state, result ?? error?.message)
  await engine.stop()
  process.exit()
}
main()
`,
  }
  const app = await application(t, 'commonjs', { files })
  const { lines, text } = await app.run(OLDEST, 'node -r @swc-node/register tx.ts', { DATABASE_URL: await database(t) })
  assert.deepEqual(lines, ['completed 7'], text)
})

describe('a program in JavaScript whose jobs are in TypeScript', () => {
  // Only the job threads load the file.
  const MAIN = `import { EramEngine, EramJob } from 'eramjs'
class ThreadJob extends EramJob { async perform() {} }
ThreadJob.register({ filename: new URL('./job.ts', import.meta.url), queue: 'threads' })
const exec_argv = process.argv.length > 2 ? process.argv.slice(2) : undefined
try {
  const engine = await EramEngine.start({ queues: { threads: { limit: 1, exec_argv } }, logger: false })
  const ended = new Promise((resolve) => { engine.on('job:stop', resolve); engine.on('job:exception', resolve) })
  await ThreadJob.enqueue({ n: 1 })
  const { job, result, error } = await ended
  console.log(job.state, result ?? error?.message)
  await engine.stop()
} catch (error) {
  console.log(error.message)
}
`
  const files = { 'main.mjs': MAIN, 'other.mjs': '' }

  test('runs with a loader in exec_argv, on every version of Node.js', async (t) => {
    const [app, url] = [await application(t, 'module', { files }), await database(t)]
    for (const { major } of NODES) {
      const { lines, text } = await app.run(major, 'node main.mjs --import tsx', { DATABASE_URL: url })
      assert.deepEqual(lines, ['completed thread w1'], `Node.js ${major}: ${text}`)
    }
  })

  test('names a loader in its error, but not one that it has', async (t) => {
    const [app, url] = [await application(t, 'module', { files }), await database(t)]
    const run = async (/** @type {string} */ line) => (await app.run(OLDEST, line, { DATABASE_URL: url })).text
    const hint = /; Node\.js 22\.18 and later strip types themselves, earlier versions need a loader such as tsx: .*exec_argv/
    assert.match(await run('node main.mjs'), hint)
    assert.match(await run('node --import ./other.mjs main.mjs'), hint)
    const given = await run('node -r ts-node/register main.mjs')
    assert.match(given, /; ts-node\/register does not load it here; compile it with tsc, and register the \.js file$/m)
    assert.doesNotMatch(given, /need a loader/)
  })

  test('names a loader for syntax beyond types, where Node.js strips them', async (t) => {
    const [app, url] = [await application(t, 'module', { files }), await database(t)]
    const { text } = await app.run(NODES.at(-1)?.major ?? 0, 'node main.mjs', { DATABASE_URL: url })
    assert.match(text, /enum is not supported in strip-only mode; it needs a loader such as tsx/)
  })
})

describe('a class with a decorator of TypeScript, below ES2022', () => {
  const [fragment] = fragments(GUIDE).filter(({ text }) => text.includes('@Injectable()'))
  const decorated = `import { EramJob } from 'eramjs'\n${fragment?.text}\nconsole.log(ReportJob.name)\n`
    .replace(/^declare function Injectable.*$/m, 'const Injectable = (): ClassDecorator => () => {}')
    .replaceAll('import.meta.filename', '__filename')
  const inBlock = decorated
    .replace(/^ReportJob\.register.*$/m, '')
    .replace('  async perform', `  static { this.register({ filename: __filename, queue: 'reports' }) }\n  async perform`)

  test('is registered after the class, as the guide shows; in its static block there is no this', async (t) => {
    const app = await application(t, 'commonjs', { files: { 'after.ts': decorated, 'block.ts': inBlock } })
    const compiler = 'tsc --target es2021 --experimentalDecorators --module commonjs --moduleResolution node10 --types node --skipLibCheck'
    const run = async (/** @type {string} */ name) => (await app.run(OLDEST, `${compiler} ${name}.ts; node ${name}.js`, {})).text
    assert.equal(await run('after'), 'ReportJob')
    assert.match(await run('block'), /^TypeError: Cannot read properties of undefined \(reading 'register'\)$/m)
  })
})
