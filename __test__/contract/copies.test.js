// A program may hold two copies of this package, the ES module and the CommonJS bundle; each must know the other's classes,
// errors and engines. A query on the module's name makes a second copy as well as the bundle does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CancelJob, DiscardJob, EramError, RetryJob, SnoozeJob } from '../../index.js'
import { outcomeOf } from '../../lib/job/outcomes.js'
import { state } from '../../lib/shared/global-state.js'

/** @param {string} file @returns {Promise<any>} */
const copyOf = (file) => import(`../../lib/${file}?copy`)

test('errors', async () => {
  const copy = await copyOf('shared/errors.js')
  assert.notEqual(copy.EramError, EramError)
  const error = new copy.EramError('ERAM_JOB', 'text', { cause: 1, sqlstate: '23505' })
  assert.ok(error instanceof EramError && error instanceof Error)
  assert.deepEqual([error.name, error.code, error.message, error.cause, error.sqlstate], ['EramError', 'ERAM_JOB', 'text', 1, '23505'])
  assert.ok(![new Error('x'), null, 'x', {}].some((each) => /** @type {any} */ (each) instanceof EramError))
  class Own extends EramError {}
  assert.ok(new Own('ERAM_JOB', 'x') instanceof Own && !(error instanceof Own))
})

test('outcomes', async () => {
  const copy = await copyOf('job/outcomes.js')
  for (const [type, thrown, outcome] of /** @type {[Function, any, string][]} */ ([
    [CancelJob, new copy.CancelJob('why'), 'cancelled'],
    [DiscardJob, new copy.DiscardJob('why'), 'discarded'],
    [SnoozeJob, new copy.SnoozeJob(5), 'snoozed'],
    [RetryJob, new copy.RetryJob({ after: 5 }), 'retry'],
  ])) {
    assert.equal(outcomeOf(thrown), outcome)
    assert.ok(thrown instanceof type && thrown instanceof Error)
    assert.equal(thrown.name, type.name)
  }
  assert.ok(!(new copy.CancelJob() instanceof DiscardJob))
  assert.equal(outcomeOf(new Error('x')), undefined)
  assert.throws(() => new SnoozeJob(-1), { code: 'ERAM_JOB', message: 'SnoozeJob: expected seconds of 0 or more, got -1' })
  assert.throws(() => new RetryJob({ after: NaN }), { code: 'ERAM_JOB', message: 'RetryJob.after: expected seconds of 0 or more, got NaN' })
  assert.throws(() => new CancelJob(/** @type {any} */ (5)), {
    code: 'ERAM_JOB',
    message: 'CancelJob: expected a reason that is a string, got 5',
  })
})

test('classes, engines and the ambient transaction', async () => {
  assert.equal((await copyOf('shared/global-state.js')).state, state)
})
