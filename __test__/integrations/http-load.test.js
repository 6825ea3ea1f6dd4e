// eramjs/http where it matters: during a stop, while threads crash, beside a blocked main thread, and while jobs are drained.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { EramEngine } from '../../index.js'
import { serve } from '../../integrations/http/index.js'
import { DATABASE_URL, until, withSchema } from '../support/database.js'
import { withEngine } from '../support/fixtures/engine.js'
import { MainJob, ThreadJob } from '../support/fixtures/jobs.js'
import { freePort } from '../support/free-port.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const CLI = fileURLToPath(new URL('../../cli/index.js', import.meta.url))
const JOBS = fileURLToPath(new URL('../support/fixtures/jobs.js', import.meta.url))

/**
 * A worker in a process of its own, once it is ready, and an engine that enqueues.
 * @param {string} queues
 * @param {(about: { url: string, worker: import('node:child_process').ChildProcess, engine: EramEngine, schema: Schema }) => Promise<void>} scenario
 */
const withWorker = (queues, scenario) =>
  withSchema(async (schema) => {
    const port = await freePort()
    const args = [CLI, 'worker', JOBS, '--prefix', schema.prefix, '--queues', queues, '--grace', '10m', '--port', String(port)]
    const worker = spawn(process.execPath, args, { env: { ...process.env, DATABASE_URL }, stdio: 'ignore' })
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, logger: false })
    const url = `http://127.0.0.1:${port}`
    try {
      await until(async () => assert.equal((await fetch(`${url}/ready`)).status, 200))
      await scenario({ url, worker, engine, schema })
    } finally {
      if (worker.exitCode === null && worker.signalCode === null) {
        worker.kill('SIGKILL')
        await once(worker, 'exit')
      }
      await engine.stop()
    }
  })

/** @param {Schema} schema @param {number} id */
const isExecuting = (schema, id) =>
  until(async () => {
    const { state } = await schema.row('SELECT state FROM eram_jobs WHERE id = $1', [id])
    assert.equal(state, 'executing')
  })

test('a worker that gets SIGTERM is not ready while its jobs end, and live to the end', () =>
  withWorker('thread=2', async ({ url, worker, engine, schema }) => {
    const { id } = await ThreadJob.enqueue({ action: 'untilAbort' }, { engine: engine.name })
    await isExecuting(schema, id)
    const exited = once(worker, 'exit')
    worker.kill('SIGTERM')
    /** @type {number[]} */
    const health = []
    const ready = await until(async () => {
      health.push((await fetch(`${url}/health`)).status)
      const response = await fetch(`${url}/ready`)
      assert.equal(response.status, 503)
      return /** @type {any} */ (await response.json())
    })
    assert.equal(ready.checks.engine.message, 'the engine is stopping')
    await isExecuting(schema, id)
    await engine.jobs.cancel(id)
    // Until nothing answers any more.
    await until(async () => {
      const response = await fetch(`${url}/health`).catch(() => undefined)
      if (response) health.push(response.status)
      assert.equal(response, undefined)
    })
    assert.deepEqual([...new Set(health)], [200])
    assert.deepEqual(await exited, [0, null])
  }))

test('a blocked main thread answers no probe', () =>
  withWorker('main=1', async ({ url, engine, schema }) => {
    const { id } = await MainJob.enqueue({ action: 'spin' }, { engine: engine.name })
    await isExecuting(schema, id)
    await until(async () => {
      const asked = fetch(`${url}/health`, { signal: AbortSignal.timeout(1000) })
      await assert.rejects(asked, { name: 'TimeoutError' })
    })
  }))

test('while the only thread of a queue crashes again and again, the engine is live and not ready; then it is ready again', () =>
  withEngine({ queues: { thread: { limit: 1, threads: 1 } }, logger: false }, async ({ engine }) => {
    const server = await serve(engine, { port: 0 })
    const answer = async (/** @type {string} */ path) => {
      const response = await fetch(server.url + path)
      return { status: response.status, body: /** @type {any} */ (await response.json()) }
    }
    try {
      await until(async () => assert.equal((await answer('/ready')).status, 200))
      // Each exit makes the wait for the next start longer.
      await engine.enqueueAll(Array.from({ length: 6 }, () => ThreadJob.new({ action: 'exit', code: 1 }, { max_attempts: 1 })))
      const down = await until(
        async () => {
          assert.equal((await answer('/health')).status, 200)
          const ready = await answer('/ready')
          assert.equal(ready.status, 503)
          return ready.body
        },
        { interval: 5 },
      )
      assert.equal(down.checks.queues.message, 'no thread runs for: thread')
      assert.deepEqual(down.checks.queues.threads, { thread: { running: 0, expected: 1 } })
      const up = await until(async () => {
        const ready = await answer('/ready')
        const metrics = await (await fetch(`${server.url}/metrics`)).text()
        assert.match(metrics, /^eram_thread_exits_total\{engine="default",queue="thread",expected="false"\} 6$/m)
        assert.match(metrics, /^eram_jobs_total\{.*worker="ThreadJob",state="discard"\} 6$/m)
        assert.equal(ready.status, 200)
        return ready.body
      })
      assert.equal(up.checks.queues.threads.thread.running, 1)
    } finally {
      await server.close()
    }
  }))

test('1,000 requests during a drain are answered, and no job waits for them', () =>
  withEngine({ queues: { main: 20 }, logger: false }, async ({ engine, schema }) => {
    const server = await serve(engine, { port: 0 })
    try {
      await engine.enqueueAll(Array.from({ length: 5000 }, () => MainJob.new({ action: 'return' })))
      const drained = engine.drain('main')
      const paths = ['/health', '/ready', '/queues/main', '/metrics']
      /** @type {Set<number>} */
      const statuses = new Set()
      for (let n = 0; n < 1000; n += 20) {
        const some = await Promise.all(Array.from({ length: 20 }, (_, i) => fetch(server.url + paths[i % paths.length])))
        for (const response of some) {
          statuses.add(response.status)
          await response.arrayBuffer()
        }
      }
      assert.deepEqual([...statuses], [200])
      await drained
      const { count } = await schema.row("SELECT count(*)::int FROM eram_jobs WHERE state = 'completed'")
      assert.equal(count, 5000)
    } finally {
      await server.close()
    }
  }))
