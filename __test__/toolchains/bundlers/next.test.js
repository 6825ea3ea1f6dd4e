// The example in examples/nextjs: its own tests pass, in development and in production, with Turbopack and with webpack.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../../../scripts/command.js'
import { application } from '../support/application.js'
import { database } from '../support/database.js'
import { NODES } from '../support/nodes.js'
import { AREA, bin, filesOf } from './guide.js'
import { started } from './program.js'

const EXAMPLE = path.join(ROOT, 'examples', 'nextjs')

/** The worker and the tests are TypeScript, which Node runs itself. */
const NODE = String(NODES.at(-1)?.node)

/** Nothing of Next.js calls home, and it takes any free port. */
const OFFLINE = { NEXT_TELEMETRY_DISABLED: '1', PORT: '0', CI: '1' }

test('the guide shows the files of the example', () => {
  for (const [name, text] of Object.entries(filesOf('Next.js'))) {
    const body = (/** @type {string} */ code) => code.replace(/^(\/\/.*\n)+/, '').trim()
    assert.equal(body(readFileSync(path.join(EXAMPLE, name), 'utf8')), body(text), name)
  }
})

for (const bundler of ['turbopack', 'webpack']) {
  test(`the example with ${bundler} enqueues in the transactions of sign-ups, and its worker performs the jobs`, async (t) => {
    const app = await application(t, AREA, {}, { from: EXAMPLE })
    const env = { ...OFFLINE, DATABASE_URL: await database(t) }
    const at = { cwd: app.folder, env }
    const run = async (/** @type {string} */ program, /** @type {string[]} */ args, more = {}) => {
      const { code, text } = await app.run(program, args, { ...env, ...more })
      assert.equal(code, 0, text)
    }
    await run(NODE, ['lib/migrate.ts'])
    await started(t, [NODE, 'worker.ts'], at, /the worker is ready/)
    for (const command of [['dev', `--${bundler}`], ['start']]) {
      if (command[0] === 'start') await run(bin('next'), ['build', `--${bundler}`])
      const { match, end } = await started(t, [bin('next'), ...command], at, /Local: +(http:\/\/localhost:[1-9]\d*)/)
      await run(NODE, ['--test', 'test/signups.test.ts'], { BASE_URL: match[1] })
      await end()
    }
  })
}
