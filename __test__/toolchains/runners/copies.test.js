// Two installations of the package in one application: its own, and that of a package with job classes.
import assert from 'node:assert/strict'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { application } from '../support/application.js'
import { database } from '../support/database.js'
import { packed } from '../support/package.js'

const AREA = import.meta.dirname

/** The package with job classes. Its jobs are performed on the main thread, in a thread and in a process. */
const JOBS = `import { EramEngine, EramJob } from 'eramjs'
export { EramEngine, EramJob }
export class Main extends EramJob { static { this.register({ queue: 'main' }) } async perform({ n }) { return n } }
export class Thread extends EramJob {
  static { this.register({ filename: import.meta.filename, queue: 'thread' }) }
  async perform({ n }, ctx) { return n > 1 ? n : (await Thread.enqueue({ n: n + 1 })).worker }
}
export class Child extends EramJob {
  static { this.register({ filename: import.meta.filename, queue: 'child', isolation: 'process' }) }
  async perform({ n }) { return n }
}
`

/** Both copies start an engine, in turn; what comes of the jobs is printed. */
const PROGRAM = `import assert from 'node:assert/strict'
import * as own from 'eramjs'
import * as theirs from 'jobs'
assert.notEqual(own.EramEngine, theirs.EramEngine)
for (const { EramEngine } of [own, theirs]) {
  const engine = await EramEngine.start({ queues: { main: 1, thread: 1, child: 1 }, logger: false })
  assert.equal(theirs.EramEngine.get(), engine)
  assert.equal(own.EramEngine.get(), engine)
  await assert.rejects(theirs.EramEngine.start(), { code: 'ERAM_ALREADY_RUNNING' })
  let remove
  const reported = new Promise((resolve) => { remove = theirs.Child.onSuccess(({ result }) => resolve(result)) })
  const drafts = [theirs.Main.new({ n: 2 }), theirs.Thread.new({ n: 1 }), theirs.Child.new({ n: 3 })]
  const jobs = await own.EramEngine.enqueueAll(drafts)
  for (const queue of ['main', 'thread', 'child']) await engine.drain(queue)
  const results = await Promise.all(jobs.map(async ({ id }) => (await engine.jobs.find(id)).result))
  console.log(JSON.stringify([...results, await reported]))
  remove()
  await engine.stop()
}
const refused = await theirs.Main.enqueue({}).catch((error) => error)
assert.ok(refused instanceof own.EramError && refused.code === 'ERAM_NOT_RUNNING', refused)
`

/** @param {import('node:test').TestContext} t @param {string} [version]  of the second copy, if it is another */
async function twoCopies(t, version) {
  const app = await application(t, AREA, {
    'package.json': '{ "type": "module" }',
    'program.js': PROGRAM,
    'require.cjs': `require('eramjs'); import('./program.js')`,
    'node_modules/jobs/package.json': '{ "name": "jobs", "type": "module", "exports": "./index.js" }',
    'node_modules/jobs/index.js': JOBS,
  })
  const second = path.join(app.folder, 'node_modules/jobs/node_modules/eramjs')
  cpSync(await packed(), second, { recursive: true })
  if (version) {
    const manifest = path.join(second, 'package.json')
    writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), version }))
  }
  return { app, second }
}

test('copies of one version share engines and classes, whichever was loaded first', async (t) => {
  const { app } = await twoCopies(t)
  for (const args of [['program.js'], ['--import=jobs', 'program.js'], ['require.cjs']]) {
    const { code, text } = await app.run(process.execPath, args, { DATABASE_URL: await database(t) })
    assert.equal(code, 0, text)
    assert.equal(text, Array(2).fill('[2,"Thread",3,3]').join('\n'))
  }
})

test('a copy of another version is refused, with both versions and folders', async (t) => {
  const { app, second } = await twoCopies(t, '9.9.9')
  const { code, text } = await app.run(process.execPath, ['program.js'], { DATABASE_URL: 'postgres://nowhere' })
  assert.equal(code, 1)
  const { version } = JSON.parse(readFileSync(path.join(app.folder, 'node_modules/eramjs/package.json'), 'utf8'))
  const folders = [path.join(app.folder, 'node_modules/eramjs'), second].map((folder) => `${folder}${path.sep}`)
  assert.ok(text.includes(`eramjs: expected one version in a thread, got ${version} (${folders[0]}) and then 9.9.9 (${folders[1]})`), text)
  assert.match(text, /ERAM_ADDON/)
})
