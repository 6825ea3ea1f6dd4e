// Who hears what.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import diagnostics from 'node:diagnostics_channel'
import { describe, test } from 'node:test'
import { EramEngine } from '../../index.js'
import { LOCAL_EVENTS } from '../../lib/events/kinds.js'
import { Listeners } from '../../lib/events/listeners.js'
import { withSchema } from '../support/database.js'
import { memberNames } from '../support/declarations.js'
import { enqueue, withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'
import { ROOT } from '../support/snippets.js'
import { until } from '../support/until.js'

describe('engine.on', () => {
  test('reports each attempt after its row is written', () =>
    withEngine({}, async ({ engine, recordEvents, job }) => {
      const starts = recordEvents('job:start')
      const exceptions = recordEvents('job:exception')
      /** @type {string[]} */
      const states = []
      engine.on('job:stop', async (/** @type {any} */ event) => states.push((await job(event.job.id)).state))
      const id = await enqueue(ThreadJob, { action: 'return', value: { a: 1 } })
      await ThreadJob.enqueue({ action: 'throw', message: 'bad' })
      await ThreadJob.enqueue({ action: 'throw', message: 'worse' }, { max_attempts: 1 })
      await until(() => assert.deepEqual([starts.length, states.length, exceptions.length], [3, 1, 2]))
      assert.deepEqual(states, ['completed'])
      assert.equal(starts[0].job.id, id)
      assert.ok(starts[0].job.attempted_at instanceof Date)
      assert.deepEqual(exceptions.map(({ state }) => state).sort(), ['discard', 'failure'])
    }))

  test('once receives one event, off none, * all', () =>
    withEngine({}, async ({ engine, runToCompletion, recordEvents }) => {
      let first = 0
      let off = 0
      const all = recordEvents('*')
      const count = () => {
        off += 1
      }
      engine.once('job:stop', () => {
        first += 1
      })
      engine.on('job:stop', count).off('job:stop', count)
      await runToCompletion(ThreadJob, { action: 'return' })
      await runToCompletion(ThreadJob, { action: 'return' })
      await until(() => assert.equal(all.filter(({ event }) => event === 'job:stop').length, 2))
      assert.deepEqual([first, off], [1, 0])
    }))

  test('a listener that throws does not affect the others', () =>
    withEngine({}, async ({ engine, runToCompletion, recordEvents }) => {
      const complaints = recordEvents('listener:exception')
      engine.on('job:stop', () => {
        throw new Error('deaf')
      })
      engine.on('job:stop', async () => {
        throw new Error('deaf later')
      })
      const received = recordEvents('job:stop')
      assert.equal((await runToCompletion(ThreadJob, { action: 'return' })).state, 'completed')
      await until(() => assert.equal(complaints.length, 2))
      assert.equal(received.length, 1)
      assert.match(complaints[0].message, /a listener of job:stop threw Error: deaf/)
    }))

  test('warns when a listener threw and nothing listens for that', () =>
    withEngine({}, async ({ engine, runToCompletion }) => {
      /** @type {Error[]} */
      const warnings = []
      const listen = (/** @type {Error} */ warning) => warnings.push(warning)
      process.on('warning', listen)
      engine.on('job:stop', () => {
        throw new Error('unheard')
      })
      await runToCompletion(ThreadJob, { action: 'return' })
      await until(() => assert.match(warnings.map(({ message }) => message).join(), /unheard/))
      process.off('warning', listen)
    }))
})

test('a listener that is added as soon as start() resolves receives the args of a job that was claimed before', () =>
  withSchema(async ({ url, prefix }) => {
    const options = { url, prefix, logger: /** @type {const} */ (false) }
    const producer = await EramEngine.start(options)
    const { id, queue } = await MainJob.enqueue({ action: 'return', value: 7 })
    await producer.stop()
    const engine = await EramEngine.start({ ...options, queues: { [queue]: 1 } })
    // Synchronously, as an application does that loads its configuration: the job is claimed, and its thread is this one.
    const claimed = `
      import pg from 'pg'
      const client = new pg.Client({ connectionString: ${JSON.stringify(url)} })
      await client.connect()
      const state = async () => (await client.query('SELECT state::text FROM ${prefix}.eram_jobs WHERE id = ${id}')).rows[0].state
      while (await state() !== 'executing') {}
      await client.end()`
    try {
      execFileSync(process.execPath, ['--input-type=module', '-e', claimed], { cwd: ROOT, timeout: 60_000 })
      const event = /** @type {any} */ (await new Promise((resolve) => engine.on('job:stop', resolve)))
      assert.deepEqual([event.job.id, event.job.args, event.result], [id, { action: 'return', value: 7 }, 7])
    } finally {
      await engine.stop()
    }
  }))

describe('listeners of a class', () => {
  test('receive events of its jobs only', () =>
    withEngine({}, async ({ runToCompletion }) => {
      /** @type {any[]} */
      const received = []
      const off = [
        ThreadJob.onSuccess((job) => received.push(['success', job.args.value])),
        ThreadJob.onFailure((job) => received.push(['failure', job.args.message])),
        ThreadJob.onAttempt((job) => received.push(['attempt', job.args.value ?? job.args.message])),
      ]
      await runToCompletion(MainJob, { action: 'return', value: 'elsewhere' })
      await runToCompletion(ThreadJob, { action: 'return', value: 'good' })
      await runToCompletion(ThreadJob, { action: 'throw', message: 'bad' })
      await runToCompletion(ThreadJob, { action: 'throw', message: 'worst' }, { max_attempts: 1 })
      await until(() => assert.equal(received.length, 5))
      assert.deepEqual(received.map((each) => each.join(' ')).sort(), [
        'attempt bad',
        'attempt good',
        'attempt worst',
        'failure worst',
        'success good',
      ])
      for (const stop of off) stop()
      await runToCompletion(ThreadJob, { action: 'return', value: 'unheard' })
      assert.equal(received.length, 5)
    }))

  test('receive the result', () =>
    withEngine({}, async ({ runToCompletion }) => {
      /** @type {any[]} */
      const results = []
      const off = ThreadJob.onSuccess((job) => results.push(job.result))
      await runToCompletion(ThreadJob, { action: 'return', value: { sent: true } })
      await until(() => assert.deepEqual(results, [{ sent: true }]))
      off()
    }))
})

describe('other ways to receive events', () => {
  test('diagnostics_channel', () =>
    withEngine({}, async ({ engine, runToCompletion }) => {
      /** @type {any[]} */
      const received = []
      const listen = (/** @type {unknown} */ message) => received.push(message)
      diagnostics.subscribe('eram:job:stop', listen)
      // Subscribers come without a word; the engine looks for them now and then, and whenever its listeners change.
      engine.on('thread:exit', () => {})
      const { id } = await runToCompletion(ThreadJob, { action: 'return' })
      await until(() => assert.equal(received[0]?.job.id, id))
      diagnostics.unsubscribe('eram:job:stop', listen)
    }))

  test('diagnostics_channel reaches every event of the public contract', () => {
    const kinds = memberNames('EngineEvents')
    assert.ok(kinds.length > 20)
    const subscriber = () => {}
    /** @type {string[]} */
    const unreachable = []
    for (const kind of kinds) {
      /** @type {string[]} */
      let asked = []
      const subscribe = (/** @type {string} */ json) => {
        asked = JSON.parse(json).wanted
      }
      const listeners = new Listeners({ subscribe, changed: () => {} })
      diagnostics.subscribe(`eram:${kind}`, subscriber)
      listeners.refresh()
      diagnostics.unsubscribe(`eram:${kind}`, subscriber)
      if (!asked.includes(kind) && !LOCAL_EVENTS.some((local) => local === kind)) unreachable.push(kind)
    }
    assert.deepEqual(unreachable, [])
  })

  test('diagnostics_channel alone receives cron:insert', async () => {
    /** @type {any[]} */
    const received = []
    const subscriber = (/** @type {unknown} */ message) => received.push(message)
    diagnostics.subscribe('eram:cron:insert', subscriber)
    try {
      await withEngine({ cron: [['* * * * *', MainJob, { action: 'return' }, { name: 'minute' }]] }, async ({ schema }) => {
        await schema.rows(`UPDATE eram_crons SET since = date_trunc('minute', now()) - interval '1 second'`)
        await until(() => assert.equal(received[0]?.name, 'minute'))
      })
    } finally {
      diagnostics.unsubscribe('eram:cron:insert', subscriber)
    }
  })

  test('a logger', async () => {
    /** @type {string[]} */
    const lines = []
    const logger = { warn: (/** @type {string} */ line) => lines.push(line) }
    await withEngine({ logger }, async ({ runToCompletion }) => {
      await runToCompletion(ThreadJob, { action: 'log', words: ['watch out'] })
      await runToCompletion(ThreadJob, { action: 'exit', code: 3 })
      await until(() =>
        assert.ok(
          lines.some((line) => /exited with code 3/.test(line)),
          lines.join(),
        ),
      )
      assert.equal(lines[0], 'watch out')
    })
  })

  test('channels between nodes', () =>
    withEngine({}, async ({ engine }) => {
      /** @type {unknown[]} */
      const received = []
      const off = await engine.listen('deploys', (/** @type {unknown} */ payload) => received.push(payload))
      await engine.notify('other', { version: 1 })
      await engine.notify('deploys', { version: 2 })
      await until(() => assert.deepEqual(received, [{ version: 2 }]))
      off()
    }))
})
