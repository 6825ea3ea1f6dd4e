// The programs of the guide on telemetry: they compile, and do in a job thread what the guide says.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { finished, LIBRARIES, project, snippets, TSCONFIG } from '../support/snippets.js'

const GUIDE = 'docs/guides/telemetry.md'

test('the program of the guide carries its request and its trace to a job', () =>
  withSchema(async ({ prefix, row }) => {
    const own = await project({ type: 'module' })
    await own.link('eramjs', ...LIBRARIES)
    await own.write('tsconfig.json', JSON.stringify(TSCONFIG))
    for (const { name, text } of snippets(GUIDE).filter(({ name }) => name?.endsWith('.ts'))) {
      await own.write(String(name), text.replace('EramEngine.start({', 'EramEngine.start({ prefix: process.env.PREFIX,'))
    }
    await own.compile()
    const env = { DATABASE_URL, PREFIX: prefix }
    const { out, code } = await finished(process.execPath, ['dist/main.js'], { cwd: own.folder, env })
    assert.equal(code, 0, out)
    assert.match(out, /hello Ada, for request r-1/)
    for (const name of ['send', 'process']) assert.match(out, new RegExp(`name: '${name} greetings'`))
    const { meta } = await row('SELECT meta FROM eram_jobs')
    assert.deepEqual(meta.context, { request: { id: 'r-1' } })
    const [, trace] = meta.trace.traceparent.split('-')
    assert.equal(out.match(new RegExp(`^ {2}traceId: '${trace}'`, 'gm'))?.length, 2, out)
  }))

test('the setup file for Sentry captures a job that is given up', () =>
  withSchema(async ({ prefix }) => {
    const own = await project({ type: 'module' })
    await own.link('eramjs')
    const [sentry] = snippets(GUIDE).filter(({ name }) => name === 'sentry.setup.js')
    await own.write('sentry.setup.js', sentry?.text ?? '')
    // The service is in the place of its client, which would send over the network.
    await own.write('node_modules/@sentry/node/package.json', '{ "name": "@sentry/node", "type": "module", "exports": "./index.js" }')
    await own.write(
      'node_modules/@sentry/node/index.js',
      `export const init = () => console.log('init')
      export const captureException = (error, about) => console.log('captured', error.message, JSON.stringify(about))
      export const close = async () => console.log('closed')`,
    )
    await own.write(
      'main.js',
      `import { defineJob, EramEngine } from 'eramjs'
      const Broken = defineJob('Broken', { max_attempts: 2, backoff: { base: 0, jitter: 0 } }, () => { throw new Error('broken') })
      const setup = new URL('./sentry.setup.js', import.meta.url)
      const engine = await EramEngine.start({ prefix: process.env.PREFIX, setup, queues: { default: 1 }, logger: false })
      await engine.waitFor(await Broken.enqueue({}))
      await engine.stop()`,
    )
    const { out, code } = await finished(process.execPath, ['main.js'], { cwd: own.folder, env: { DATABASE_URL, PREFIX: prefix } })
    assert.equal(code, 0, out)
    const captured = `captured broken {"tags":{"phase":"perform","kind":"error","worker":"Broken"},"extra":{"job_id":1,"attempt":2}}`
    assert.deepEqual(out.trim().split('\n'), ['init', captured, 'closed'])
  }))
