// A class whose file does not export it: engines that start later would refuse it, so this test has a process of its own.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EramJob } from '../../index.js'
import { withEngine } from '../support/fixtures/engine.js'
import { FailingThreadJob } from '../support/fixtures/errors/jobs.js'
import { journal } from '../support/fixtures/setup/journal.js'

const SETUP = new URL('../support/fixtures/errors/setup.js', import.meta.url)
const QUEUES = { failing: { limit: 5, threads: 1 } }

test('a class that a thread cannot load is reported to onError there', async (t) => {
  const lines = journal(t)
  await withEngine({ queues: QUEUES, setup: SETUP }, async ({ runToCompletion }) => {
    await runToCompletion(FailingThreadJob, { how: 'nothing' })
    class MissingJob extends EramJob {
      static {
        this.register({ queue: 'failing', max_attempts: 1, filename: SETUP })
      }

      perform() {}
    }
    assert.equal((await runToCompletion(MissingJob, {})).errors[0].kind, 'load')
  })
  assert.equal(lines().length, 1)
  assert.match(
    lines()[0] ?? '',
    /^thread failing load load MissingJob 1 true EramError: MissingJob: expected \S+ to export class MissingJob/,
  )
})
