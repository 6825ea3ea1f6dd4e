// The runner without an engine: it performs jobs that are objects and not rows of a table.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Runner, rowFrom } from '../../lib/perform/index.js'

const at = new Date('2031-05-04T03:02:01.234Z')
const job = {
  run: 7,
  id: 12,
  worker: 'Greet',
  queue: 'default',
  attempt: 2,
  max_attempts: 5,
  priority: 3,
  args: { name: 'Ada' },
  meta: { source: 'import' },
  tags: ['vip'],
  errors: [{ attempt: 1, at: at.toISOString(), error: 'Error: down' }],
  inserted_at: at,
  scheduled_at: new Date(at.getTime() + 1),
  attempted_at: new Date(at.getTime() + 2),
  timeout: 60_000,
}

/** Performs jobs; resolves to what perform was called with, when the last outcome is there. @param {any[]} jobs */
async function performed(jobs) {
  /** @type {{ args: any, ctx: any }[]} */
  const calls = []
  class Greet {
    /** @param {any} args @param {any} ctx */
    perform(args, ctx) {
      calls.push({ args, ctx })
    }
  }
  const jobClass = {
    name: 'Greet',
    use: undefined,
    composed: new Map(),
    Class: Greet,
    transaction: false,
    store_logs: null,
    measure: null,
    hooks: false,
    backoff: undefined,
  }
  const unused = () => assert.fail('needs no engine')
  const runner = new Runner({
    known: () => jobClass,
    load: unused,
    create: undefined,
    release: undefined,
    transaction: unused,
    prepareAck: unused,
    enqueue: unused,
    emit: unused,
    isWanted: () => false,
    report: unused,
    adopted: unused,
    released: unused,
    flush: () => {},
    stop: unused,
    limits: { max_result_bytes: 1000, max_error_bytes: 1000, abort_grace: 1000, store_logs: false, measure: false },
  })
  runner.receive(JSON.stringify([jobs.map(rowFrom), []]))
  return { calls, outcomes: runner.outcomes.take() }
}

test('the runner performs a job that an object describes', async () => {
  const { calls, outcomes } = await performed([job])
  const { run, ...expected } = job
  assert.deepEqual(calls[0]?.args, job.args)
  assert.deepEqual(calls[0]?.ctx.job, { ...expected, state: 'executing' })
  assert.deepEqual([...outcomes.runs], [run])
})

test('what an object leaves empty is empty in ctx.job', async () => {
  const { calls } = await performed([{ ...job, meta: undefined, tags: undefined, errors: undefined, timeout: null }])
  const { meta, tags, errors, timeout } = calls[0]?.ctx.job ?? {}
  assert.deepEqual({ meta, tags, errors, timeout }, { meta: {}, tags: [], errors: [], timeout: null })
})
