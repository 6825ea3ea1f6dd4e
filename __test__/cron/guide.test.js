// The code of docs/guides/cron.md.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramEngine, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'
import { fragments } from '../support/snippets.js'
import { jobsOf } from './harness.js'

test('the code of the cron guide runs', () =>
  withSchema(async (schema) => {
    class EmailUserJob extends EramJob {
      async perform() {}
    }
    EmailUserJob.register({})
    const text = fragments('docs/guides/cron.md').map((fragment) => fragment.text)
    const body = text.join('\n').replace('EramEngine.start({', `EramEngine.start({ url, prefix,`)
    const AsyncFunction = /** @type {any} */ ((async () => {}).constructor)
    const run = new AsyncFunction('EramEngine', 'EmailUserJob', 'console', 'url', 'prefix', `${body}\nreturn engine`)
    /** @type {any[][]} */
    const printed = []
    const console = { log: (/** @type {any[]} */ ...words) => printed.push(words) }
    const engine = await run(EramEngine, EmailUserJob, console, schema.url, schema.prefix)
    const [times = [], ...entries] = printed
    assert.equal(times[0].length, 3)
    const names = ['daily mail', 'EmailUserJob 0 8 * * MON-FRI Europe/Berlin #', 'report 17', 'sweep']
    const sorted = (/** @type {string[]} */ all) => all.map((name) => name.replace(/#.*/, '#')).sort()
    assert.deepEqual(sorted(entries.map(([name]) => name)), sorted(names))
    assert.deepEqual(
      sorted((await engine.cron.list()).map((/** @type {any} */ it) => it.name)),
      sorted(names.filter((name) => name !== 'report 17')),
    )
    assert.equal((await jobsOf(schema, 'sweep')).length, 1)
    await engine.stop({ grace: 0 })
  }))
