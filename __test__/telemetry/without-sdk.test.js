// The option otel where the SDK, or the package of the API, is missing.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { finished, project } from '../support/snippets.js'

const PROGRAM = `import { defineJob, EramEngine } from 'eramjs'
const Hello = defineJob('Hello', () => 'done')
const engine = await EramEngine.start({ prefix: process.env.PREFIX, queues: { default: 1 }, otel: true, logger: false })
console.log((await engine.waitFor(await Hello.enqueue({}))).result)
await engine.stop()
`
/** As if the package were not installed. */
const BLOCK = `const Module = require('node:module')
const resolve = Module._resolveFilename
Module._resolveFilename = function (name, ...rest) {
  if (name === '@opentelemetry/api') throw Object.assign(new Error('not installed'), { code: 'MODULE_NOT_FOUND' })
  return resolve.call(this, name, ...rest)
}
`

/** @param {string[]} flags */
const printed = (...flags) =>
  withSchema(async ({ prefix }) => {
    const own = await project({ type: 'module' })
    await own.link('eramjs')
    await own.write('main.js', PROGRAM)
    await own.write('block.cjs', BLOCK)
    return finished(process.execPath, [...flags, 'main.js'], { cwd: own.folder, env: { DATABASE_URL, PREFIX: prefix } })
  })

test('without an SDK a warning says so, and jobs run', async () => {
  const { code, out } = await printed()
  assert.equal(code, 0, out)
  assert.match(out, /^done$/m)
  assert.match(
    out,
    /Warning: otel: expected a tracer provider in this thread, got none, so it makes no spans; start the SDK in a setup file/,
  )
})

test('without the package of the API the engine does not start', async () => {
  const { code, out } = await printed('--require', './block.cjs')
  assert.notEqual(code, 0)
  assert.match(out, /otel: expected the package @opentelemetry\/api in your project, could not find it; npm install @opentelemetry\/api/)
  assert.match(out, /ERAM_CONFIG/)
})
