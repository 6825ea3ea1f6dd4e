// The option `logger`: what is logged, and as what.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { describe, test } from 'node:test'
import { createLog, EventLog, logEntry, readLogger } from '../../lib/events/index.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { ProcessJob, ThreadJob } from '../support/fixtures/jobs.js'
import { until } from '../support/until.js'

const ABOUT = { engine: 'default', node: 'n' }
const JOB = { id: 17, worker: 'Mail', queue: 'mail', attempt: 2, max_attempts: 3 }

/** @param {unknown} option @param {object[]} events */
function logged(option, ...events) {
  /** @type {any[][]} */
  const calls = []
  const to = Object.fromEntries(
    ['debug', 'info', 'warn', 'error'].map((level) => [level, (/** @type {any[]} */ ...args) => calls.push([level, ...args])]),
  )
  const log = new EventLog(/** @type {any} */ (readLogger(option ?? to)), ABOUT)
  for (const event of events) log.receive(/** @type {any} */ (event))
  return calls
}

/** @param {Record<string, unknown>} options @param {object[]} events */
function written(options, ...events) {
  /** @type {string[]} */
  const lines = []
  const destination = (/** @type {string} */ line) => lines.push(line)
  logged({ destination, ...options }, ...events)
  return lines
}

const line = (/** @type {string} */ level, more = {}) => ({
  event: 'job:log',
  job: JOB,
  level,
  message: 'm',
  at: '2026-01-02T03:04:05.678Z',
  ...more,
})

describe('records', () => {
  test('a line of a job has its identity, its fields and its trace', () => {
    const event = line('info', { job: { ...JOB, traceparent: '00-aa-bb-01' }, fields: { to: 'ada', queue: 'other', level: 'x' } })
    const [text = ''] = written({}, event)
    assert.deepEqual(JSON.parse(text), {
      ...{ time: event.at, level: 'info', msg: 'm', event: 'job:log', to: 'ada', queue: 'mail', ...ABOUT },
      ...{ worker: 'Mail', job_id: 17, attempt: 2, max_attempts: 3, trace_id: 'aa', span_id: 'bb' },
    })
    assert.match(text, /^\{"time":"2026-01-02T03:04:05\.678Z","level":"info","msg":"m",/)
  })

  test('a failed attempt is a warning with the time of the next, a discarded job an error', () => {
    const error = { name: 'TypeError', message: 'bad', stack: '    at x', code: 'E' }
    const failed = { event: 'job:exception', job: JOB, state: 'failure', result: null, error, delay: 60, run_ms: 1.5, queue_ms: 2 }
    const before = Date.now()
    const [retried = '', discarded = ''] = written({}, failed, { ...failed, state: 'discard', delay: null })
    const record = JSON.parse(retried)
    assert.ok(Date.parse(record.retry_at) >= before + 60_000)
    assert.deepEqual(
      [record.level, record.state, record.run_ms, record.wait_ms, record.delay_s, record.error],
      ['warn', 'failure', 1.5, 2, 60, { name: 'TypeError', message: 'bad', stack: '    at x' }],
    )
    assert.match(record.msg, /^attempt 2 of 3 failed: TypeError: bad; the next is at \d{4}-/)
    assert.equal(JSON.parse(discarded).level, 'error')
    assert.equal(JSON.parse(discarded).msg, 'attempt 2 of 3 failed: TypeError: bad; the job is discarded')
  })

  test('attempts have lines with jobs: true only, without results', () => {
    const events = [
      { event: 'job:start', job: JOB },
      { event: 'job:stop', job: JOB, state: 'success', result: { secret: 1 }, run_ms: 3.4 },
    ]
    assert.deepEqual(written({}, ...events), [])
    const lines = written({ jobs: true }, ...events)
    assert.deepEqual(
      lines.map((text) => JSON.parse(text).msg),
      ['attempt 2 of 3 begins', 'success after 3 ms'],
    )
    assert.doesNotMatch(lines.join(), /secret/)
  })

  test('an expected exit of a thread is not logged', () => {
    const exit = { event: 'thread:exit', queue: 'mail', message: 'exited' }
    const lines = written({}, { ...exit, expected: true }, { ...exit, expected: false })
    assert.deepEqual(
      lines.map((text) => JSON.parse(text).level),
      ['warn'],
    )
  })

  test('cyclic fields and BigInts are shown as text', () => {
    /** @type {any} */
    const cyclic = { big: 1n }
    cyclic.self = cyclic
    const [text = ''] = written({}, line('info', { fields: { cyclic, n: 2n } }))
    const { cyclic: shown, n } = JSON.parse(text)
    assert.match(shown, /\[Circular \*1\]/)
    assert.equal(n, '2')
  })

  test('a pretty line is for people', () => {
    const error = { name: 'Error', message: 'bad', stack: '    at x' }
    const lines = written({ format: 'pretty' }, line('info', { fields: { to: 'ada' } }), line('error', { error }))
    assert.deepEqual(lines, ["03:04:05.678 INFO  Mail 17: m to='ada'", '03:04:05.678 ERROR Mail 17: m\n    at x'])
  })
})

describe('what is logged', () => {
  test('from the level info on, or from the given one', () => {
    const events = ['debug', 'info', 'warn', 'error'].map((level) => line(level))
    const levels = (/** @type {Record<string, unknown>} */ options) => written(options, ...events).map((text) => JSON.parse(text).level)
    assert.deepEqual(levels({}), ['info', 'warn', 'error'])
    assert.deepEqual(levels({ level: 'debug' }), ['debug', 'info', 'warn', 'error'])
    assert.deepEqual(levels({ level: 'error' }), ['error'])
    assert.deepEqual(levels({ filter: (/** @type {any} */ { level }) => level !== 'warn' }), ['info', 'error'])
  })

  test('a logger of the application receives all levels, the message first', () => {
    const [debug, info] = logged(undefined, line('debug'), line('info'))
    assert.deepEqual(
      [debug?.slice(0, 2), info?.slice(0, 2)],
      [
        ['debug', 'm'],
        ['info', 'm'],
      ],
    )
    assert.equal(info?.[2].job_id, 17)
  })

  test('a missing method among others falls back to a more severe one, and there is none for less severe lines', () => {
    /** @type {string[]} */
    const calls = []
    const method = (/** @type {string} */ name) => () => calls.push(name)
    const events = ['debug', 'info', 'warn', 'error'].map((level) => line(level))
    logged({ info: method('info'), error: method('error') }, ...events)
    assert.deepEqual(calls.splice(0), ['info', 'error', 'error'])
    logged({ warn: method('warn') }, ...events)
    assert.deepEqual(calls, ['warn'])
  })

  test('what a logger throws, or rejects with, goes no further', async () => {
    const error = () => {
      throw new Error('full')
    }
    assert.deepEqual(logged({ error }, line('error')), [])
    assert.deepEqual(logged({ error: async () => error() }, line('error')), [])
    assert.deepEqual(logged({ destination: error }, line('error')), [])
    assert.deepEqual(logged({ filter: error, destination: () => {} }, line('error')), [])
    await new Promise((resolve) => setImmediate(resolve))
  })
})

test('options are checked', () => {
  const refused = (/** @type {unknown} */ option, /** @type {string} */ message) =>
    assert.throws(() => readLogger(option), { code: 'ERAM_CONFIG', message })
  refused(5, "logger: expected a logger, options, 'json', 'pretty' or false, got 5")
  refused('xml', "logger: expected a logger, options, 'json', 'pretty' or false, got \"xml\"")
  refused({ level: 'loud' }, 'logger: level: expected one of debug, info, warn, error, got "loud"')
  refused({ format: 1 }, 'logger: format: expected one of auto, json, pretty, got 1')
  refused({ to: {} }, 'logger: to: expected an object with functions warn, error, …, got an object')
  refused({ lines: 1 }, 'logger: lines: expected an option of level, format, destination, filter, jobs, to, got 1')
  refused({ to: console, format: 'json' }, 'logger: expected to, or format and destination, got an object; the logger makes its own lines')
  assert.equal(readLogger(false), null)
})

describe('the arguments of ctx.log', () => {
  test('a plain object after the message has the fields', () => {
    assert.deepEqual(logEntry(['sent', { to: 'ada' }]), { message: 'sent', fields: { to: 'ada' } })
    assert.deepEqual(logEntry(['sent %s', 'now', { to: 'ada' }]), { message: 'sent now', fields: { to: 'ada' } })
  })

  test('an object that is the message, has a placeholder, or is not plain is formatted', () => {
    assert.deepEqual(logEntry([{ to: 'ada' }]), { message: "{ to: 'ada' }" })
    assert.deepEqual(logEntry(['sent %j', { to: 'ada' }]), { message: 'sent {"to":"ada"}' })
    assert.deepEqual(logEntry(['list', [1]]), { message: 'list [ 1 ]' })
    assert.match(logEntry(['failed', new Error('bad')]).message, /^failed Error: bad\n/)
  })

  test('errors become objects, what cannot be cloned becomes text', () => {
    const { fields = {} } = logEntry(['m', { error: new TypeError('bad'), call: () => 1, at: new Date(0) }])
    assert.equal(/** @type {any} */ (fields.error).name, 'TypeError')
    assert.equal(fields.call, '[Function: call]')
    assert.deepEqual(fields.at, new Date(0))
  })

  test('log is info', () => {
    /** @type {unknown[]} */
    const calls = []
    createLog((level, args) => calls.push([level, args])).log('a', 1)
    assert.deepEqual(calls, [['info', ['a', 1]]])
  })
})

describe('an engine with a logger', () => {
  for (const [name, Job] of /** @type {const} */ ([
    ['thread', ThreadJob],
    ['process', ProcessJob],
  ])) {
    test(`receives the fields of ctx.log from a ${name}`, async () => {
      /** @type {any[]} */
      const records = []
      const destination = (/** @type {string} */ text) => records.push(JSON.parse(text))
      await withEngine({ logger: { destination } }, async () => {
        const id = await enqueue(Job, { action: 'log', words: ['sent', { to: 'ada' }] })
        await until(() => assert.ok(records.some(({ job_id, to, level }) => job_id === id && to === 'ada' && level === 'warn')))
      })
    })
  }

  test('logs a failed attempt', async () => {
    /** @type {any[]} */
    const records = []
    const destination = (/** @type {string} */ text) => records.push(JSON.parse(text))
    await withEngine({ logger: { destination, level: undefined } }, async () => {
      const id = await enqueue(ThreadJob, { action: 'throw', message: 'bad' })
      await until(() => assert.ok(records.some(({ job_id, level, retry_at }) => job_id === id && level === 'warn' && retry_at)))
    })
  })
})

test('without a logger the lines are JSON on standard output, unless it is a terminal', () => {
  const code = `
    import { EventLog, readLogger } from '../../lib/events/index.js'
    new EventLog(readLogger(undefined), { engine: 'e', node: 'n' }).receive({ event: 'engine:log', level: 'info', message: 'hello' })
  `
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  })
  assert.equal(stderr, '')
  const { time, ...record } = JSON.parse(stdout)
  assert.deepEqual(record, { level: 'info', msg: 'hello', event: 'engine:log', engine: 'e', node: 'n' })
  assert.ok(Date.parse(time) > 0)
})
