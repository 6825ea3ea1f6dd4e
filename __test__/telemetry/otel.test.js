// Spans of OpenTelemetry, made with the real SDK in every isolate.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import api from '@opentelemetry/api'
import { EramEngine } from '../../index.js'
import { until } from '../support/database.js'
import { withTraced } from '../support/fixtures/telemetry/engine.js'
import { TracedMainJob, TracedProcessJob, TracedThreadJob } from '../support/fixtures/telemetry/jobs.js'

/** @import { Span } from '../support/fixtures/telemetry/engine.js' */

const [CLIENT, PRODUCER, CONSUMER, ERROR] = [2, 3, 4, 2]
const TRACE = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }

/** The only span. @param {Span[]} spans @returns {Span} */
function only(spans) {
  assert.equal(spans.length, 1, JSON.stringify(spans))
  return /** @type {Span} */ (spans[0])
}

describe('the spans of a job', () => {
  for (const [isolate, JobClass] of /** @type {const} */ ([
    ['main', TracedMainJob],
    ['thread', TracedThreadJob],
    ['process', TracedProcessJob],
  ])) {
    test(`in isolation "${isolate}" are send, and process as its child and linked to it`, async (t) => {
      await withTraced(t, {}, async ({ runToCompletion, engine }, spans) => {
        const { id, meta } = await runToCompletion(JobClass, {})
        await until(() => assert.equal(spans().length, 2))
        const send = only(spans(`send traced_${isolate}`))
        const process = only(spans(`process traced_${isolate}`))
        assert.deepEqual([send.place, send.kind, send.parent, send.links], ['main', PRODUCER, null, []])
        const common = { 'messaging.system': 'eram', 'messaging.client.id': engine.node, 'messaging.message.id': String(id) }
        assert.deepEqual(send.attributes, {
          ...common,
          'messaging.operation.name': 'send',
          'messaging.operation.type': 'send',
          'messaging.destination.name': `traced_${isolate}`,
          'messaging.eram.worker': JobClass.name,
          'messaging.eram.transaction': false,
          'messaging.eram.conflict': false,
        })
        assert.deepEqual([process.place, process.kind, process.trace, process.parent], [isolate, CONSUMER, send.trace, send.id])
        assert.deepEqual(process.links, [send.id])
        const { 'messaging.message.receive.latency': latency, ...attributes } = process.attributes
        assert.ok(latency >= 0)
        assert.deepEqual(attributes, {
          ...common,
          'messaging.operation.name': 'process',
          'messaging.operation.type': 'process',
          'messaging.destination.name': `traced_${isolate}`,
          'messaging.message.retry.count': 0,
          'messaging.eram.worker': JobClass.name,
          'messaging.eram.attempt': 1,
          'messaging.eram.max_attempts': JobClass === TracedProcessJob ? 1 : 3,
          'messaging.eram.priority': 0,
          'messaging.eram.outcome': 'success',
        })
        assert.equal(meta.trace.traceparent, `00-${send.trace}-${send.id}-01`)
      })
    })
  }

  test('of a chain over three isolates are one trace', async (t) => {
    await withTraced(t, {}, async (_, spans) => {
      await TracedMainJob.enqueue({ chain: ['TracedThreadJob', 'TracedProcessJob'] })
      await until(() => assert.equal(spans().length, 6))
      assert.equal(new Set(spans().map(({ trace }) => trace)).size, 1)
      const chain = ['send traced_main', 'process traced_main', 'send traced_thread', 'process traced_thread', 'send traced_process']
      const names = [...chain, 'process traced_process']
      const parents = names.map((name) => spans().find(({ id }) => id === only(spans(name)).parent)?.name)
      assert.deepEqual(parents, [undefined, ...names.slice(0, -1)])
      const places = names.map((name) => only(spans(name)).place)
      assert.deepEqual(places, ['main', 'main', 'main', 'thread', 'thread', 'process'])
    })
  })

  test('of later attempts begin traces of their own, with the same link', async (t) => {
    await withTraced(t, {}, async ({ waitForState, engine }, spans) => {
      const { id } = await TracedThreadJob.enqueue({ how: 'fails' })
      for (const attempt of [2, 3]) {
        await waitForState(Number(id), 'retryable')
        await engine.jobs.retry(Number(id))
        await until(() => assert.equal(spans('process traced_thread').length, attempt))
      }
      const send = only(spans('send traced_thread'))
      const attempts = spans('process traced_thread')
      assert.deepEqual(
        attempts.map(({ links }) => links),
        [[send.id], [send.id], [send.id]],
      )
      assert.deepEqual(
        attempts.map(({ parent }) => parent),
        [send.id, null, null],
      )
      assert.equal(new Set(attempts.map(({ trace }) => trace)).size, 3)
      assert.deepEqual(
        attempts.map(({ status }) => status),
        [ERROR, ERROR, ERROR],
      )
      assert.deepEqual(
        attempts.map(({ attributes }) => attributes['messaging.eram.outcome']),
        ['failure', 'failure', 'discard'],
      )
      assert.deepEqual(attempts[0]?.events, ['exception'])
      assert.equal(attempts[0]?.attributes['error.type'], 'TypeError')
    })
  })

  test('of a scheduled job begin a trace of their own', async (t) => {
    await withTraced(t, {}, async ({ runToCompletion }, spans) => {
      await runToCompletion(TracedThreadJob, {}, { schedule_in: 0.01 })
      await until(() => assert.equal(spans().length, 2))
      const process = only(spans('process traced_thread'))
      assert.deepEqual([process.parent, process.links], [null, [only(spans('send traced_thread')).id]])
    })
  })

  test('of a job that chose its outcome show no error', async (t) => {
    await withTraced(t, {}, async ({ runToCompletion }, spans) => {
      for (const how of ['cancels', 'discards']) await runToCompletion(TracedThreadJob, { how })
      await until(() => assert.equal(spans('process traced_thread').length, 2))
      const outcomes = spans('process traced_thread').map(({ status, attributes }) => [status, attributes['messaging.eram.outcome']])
      assert.deepEqual(outcomes, [
        [0, 'cancelled'],
        [0, 'discard'],
      ])
    })
  })

  test('of a job that took too long say so', async (t) => {
    await withTraced(t, {}, async ({ runToCompletion }, spans) => {
      await runToCompletion(TracedThreadJob, { how: 'times out' }, { timeout: 50 })
      await until(() => assert.equal(spans('process traced_thread').length, 1))
      assert.equal(only(spans('process traced_thread')).attributes['error.type'], 'timeout')
    })
  })

  test('of a process that was killed are made by the main thread', async (t) => {
    await withTraced(t, {}, async ({ runToCompletion }, spans) => {
      const { id } = await runToCompletion(TracedProcessJob, { how: 'is killed' })
      await until(() => assert.equal(spans('process traced_process').length, 1))
      const send = only(spans('send traced_process'))
      const span = only(spans('process traced_process'))
      assert.deepEqual([span.place, span.parent, span.links, span.status], ['main', send.id, [send.id], ERROR])
      assert.equal(span.attributes['messaging.message.id'], String(id))
      assert.equal(span.attributes['messaging.eram.substitute'], true)
    })
  })

  test('of a transaction that is rolled back are send alone', async (t) => {
    await withTraced(t, {}, async ({ schema, runToCompletion }, spans) => {
      await schema.client.query('BEGIN')
      await TracedThreadJob.enqueue({}, { tx: schema.client })
      await schema.client.query('ROLLBACK')
      await runToCompletion(TracedMainJob, {})
      await until(() => assert.equal(spans('process traced_main').length, 1))
      assert.equal(only(spans('send traced_thread')).attributes['messaging.eram.transaction'], true)
      assert.equal(spans('process traced_thread').length, 0)
    })
  })

  test('of 1,000 jobs of one call are one send, to which each attempt links', async (t) => {
    await withTraced(t, {}, async (_, spans) => {
      await EramEngine.enqueueAll(Array.from({ length: 1000 }, () => TracedThreadJob.new()))
      await until(() => assert.equal(spans('process traced_thread').length, 1000))
      const send = only(spans('send traced_thread'))
      assert.equal(send.attributes['messaging.batch.message_count'], 1000)
      assert.ok(spans('process traced_thread').every(({ links, parent }) => links[0] === send.id && parent === send.id))
    })
  })
})

describe('the option otel', () => {
  test('with create makes a span for each job of a call, which the job links to', async (t) => {
    await withTraced(t, { otel: { spans: ['create', 'send', 'process'] } }, async (_, spans) => {
      await EramEngine.enqueueAll([TracedThreadJob.new(), TracedThreadJob.new()])
      await until(() => assert.equal(spans('process traced_thread').length, 2))
      const created = spans('create traced_thread').map(({ id }) => id)
      assert.equal(created.length, 2)
      const send = only(spans('send traced_thread'))
      assert.deepEqual([send.kind, send.links.sort()], [2, [...created].sort()])
      const links = spans('process traced_thread').flatMap(({ links }) => links)
      assert.deepEqual(links.sort(), [...created].sort())
    })
  })

  test('with settle makes a span for each batch of outcomes', async (t) => {
    await withTraced(t, { otel: { spans: ['settle'] } }, async ({ engine, recordEvents }, spans) => {
      const flushes = recordEvents('ack:flush')
      await EramEngine.enqueueAll(Array.from({ length: 300 }, () => TracedThreadJob.new()))
      const settled = () => spans('settle').map(({ attributes }) => attributes['messaging.batch.message_count'])
      await until(() =>
        assert.equal(
          settled().reduce((sum, jobs) => sum + jobs, 0),
          300,
        ),
      )
      assert.equal(spans().length, spans('settle').length, 'no others')
      const { place, kind, parent, links, attributes, status } = /** @type {Span} */ (spans('settle')[0])
      assert.deepEqual([place, kind, parent, links, status], ['main', CLIENT, null, [], 0])
      assert.deepEqual(attributes, {
        'messaging.system': 'eram',
        'messaging.operation.name': 'settle',
        'messaging.operation.type': 'settle',
        'messaging.batch.message_count': settled()[0],
        'messaging.client.id': engine.node,
      })
      assert.deepEqual(
        flushes.map(({ jobs }) => jobs),
        settled(),
      )
      assert.ok(flushes.every(({ elapsed_ms }) => elapsed_ms > 0))
    })
  })

  test('with a propagation decides between child and link', async (t) => {
    for (const [propagation, delayed, isChild, isLinked] of /** @type {const} */ ([
      ['child', true, true, true],
      ['link', false, false, true],
      ['none', false, false, false],
    ])) {
      await withTraced(t, { otel: { propagation, span_names: 'worker' } }, async ({ runToCompletion }, spans) => {
        const { meta } = await runToCompletion(TracedThreadJob, {}, delayed ? { schedule_in: 0.01 } : {})
        await until(() => assert.equal(spans().length, 2))
        const send = only(spans('send TracedThreadJob'))
        const process = only(spans('process TracedThreadJob'))
        assert.equal(process.parent, isChild ? send.id : null, propagation)
        assert.deepEqual(process.links, isLinked ? [send.id] : [], propagation)
        assert.equal('trace' in meta, isLinked)
      })
    }
  })

  test('with attributes adds them on the main thread', async (t) => {
    const attributes = (/** @type {any} */ { args }) => ({ 'app.how': args.how })
    await withTraced(t, { otel: { attributes } }, async ({ runToCompletion }, spans) => {
      await runToCompletion(TracedMainJob, { how: 'plain' })
      await until(() => assert.equal(spans('process traced_main').length, 1))
      assert.equal(only(spans('process traced_main')).attributes['app.how'], 'plain')
    })
  })

  for (const [given, message] of /** @type {const} */ ([
    [5, 'otel: expected true, false or options, got 5'],
    [{ propagation: 'x' }, `otel.propagation: expected 'auto', 'child', 'link' or 'none', got "x"`],
    [{ spans: ['receive'] }, 'otel.spans: expected a list of send, process, create, settle, got an array'],
    [{ propogation: 'x' }, 'otel: expected only propagation, spans, span_names, baggage, attributes, got "propogation"'],
  ])) {
    test(`is refused: ${message}`, async () => {
      await assert.rejects(EramEngine.start(/** @type {any} */ ({ otel: given })), { code: 'ERAM_CONFIG', message })
    })
  }
})

describe('the context of a trace', () => {
  test('that the caller gives is kept, and continued', async (t) => {
    await withTraced(t, {}, async ({ runToCompletion }, spans) => {
      const { meta } = await runToCompletion(TracedThreadJob, {}, { meta: { trace: TRACE } })
      assert.deepEqual(meta.trace, TRACE)
      await until(() => assert.equal(spans().length, 2))
      const process = only(spans('process traced_thread'))
      assert.deepEqual([process.trace, process.parent], ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331'])
    })
  })

  test('does not keep unique jobs apart', async (t) => {
    await withTraced(t, { queues: {} }, async () => {
      const options = { meta: { team: 1 }, unique: { fields: ['meta'], period: Infinity } }
      const first = await EramEngine.enqueue('Elsewhere', {}, /** @type {any} */ (options))
      const second = await EramEngine.enqueue('Elsewhere', {}, /** @type {any} */ (options))
      assert.deepEqual([first.conflict, second.conflict, second.id], [false, true, first.id])
    })
  })

  test('loses its baggage when that is too long', async (t) => {
    await withTraced(t, { queues: {} }, async ({ job }) => {
      const { context, propagation } = api
      const carried = async (/** @type {number} */ length) => {
        const entry = { value: 'x'.repeat(length) }
        const active = propagation.setBaggage(context.active(), propagation.createBaggage({ a: entry, b: entry, c: entry }))
        const { id } = await context.with(active, () => EramEngine.enqueue('Elsewhere'))
        return Object.keys((await job(Number(id))).meta.trace).sort()
      }
      assert.deepEqual(await carried(10), ['baggage', 'traceparent'])
      assert.deepEqual(await carried(1700), ['traceparent'])
    })
  })

  test('is in the log lines of its job', async (t) => {
    await withTraced(t, {}, async ({ runToCompletion, recordEvents }, spans) => {
      const lines = recordEvents('job:log')
      await runToCompletion(TracedThreadJob, { how: 'logs' })
      await until(() => assert.equal(lines.length + spans().length, 3))
      const { trace, id } = only(spans('process traced_thread'))
      assert.deepEqual([lines[0].trace_id, lines[0].span_id], [trace, id])
    })
  })
})

describe('a tracer', () => {
  test('that throws affects neither enqueues nor jobs', async (t) => {
    await withTraced(t, {}, async ({ runToCompletion }) => {
      const provider = /** @type {any} */ (api.trace.getTracerProvider())
      const real = provider.getDelegate()
      const broken = () => assert.fail('no span')
      provider.setDelegate({ getTracer: () => ({ startSpan: broken, startActiveSpan: broken }) })
      t.after(() => provider.setDelegate(real))
      assert.equal((await runToCompletion(TracedMainJob, {})).state, 'completed')
    })
  })
})
