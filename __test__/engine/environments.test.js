// Several JavaScript environments in one process, as test runners have them: each has engines and classes of its own.
import assert from 'node:assert/strict'
import { on, once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { EramEngine, EramJob } from '../../index.js'
import { withSchema } from '../support/database.js'
import { finished } from '../support/snippets.js'
import { until } from '../support/until.js'

const FIXTURES = path.join(import.meta.dirname, '../support/fixtures')

/** @typedef {import('../support/database.js').Schema} Schema */

/**
 * A thread of fixtures/environment.js.
 * @param {Schema} schema
 * @param {string} queue
 */
async function environment({ url, prefix }, queue) {
  const thread = new Worker(path.join(FIXTURES, 'environment.js'), { workerData: { url, prefix, queue } })
  const exited = once(thread, 'exit').then(([code]) => code)
  const messages = on(thread, 'message')
  const next = async () => (await messages.next()).value[0]
  assert.deepEqual(await next(), { ready: true })
  return {
    exited,
    /** Enqueues a job; resolves with what the thread reports of its end. @param {number} n */
    async perform(n) {
      thread.postMessage({ enqueue: n })
      assert.ok((await next()).started)
      return next()
    },
    async stop() {
      thread.postMessage({ stop: true })
      assert.deepEqual(await next(), { stopped: true })
      return exited
    },
  }
}

class SharedName extends EramJob {
  async perform() {
    return 'main'
  }
}

test('threads have engines of one name and classes of one name, and one may stop without the others', () =>
  withSchema(async (schema) => {
    SharedName.register({ queue: 'm' })
    const engine = await EramEngine.start({ url: schema.url, prefix: schema.prefix, queues: { m: 1 } })
    const results = /** @type {unknown[]} */ ([])
    engine.on('job:stop', ({ result }) => results.push(result))
    try {
      const [first, second, third] = await Promise.all(['a', 'bb', 'ccc'].map((queue) => environment(schema, queue)))
      assert.ok(first && second && third)
      // Each enqueues to the queue, and with the options, that it has registered itself.
      assert.deepEqual(await Promise.all([first.perform(1), second.perform(2), third.perform(3)]), [
        { done: 'a 1', max_attempts: 1 },
        { done: 'bb 2', max_attempts: 2 },
        { done: 'ccc 3', max_attempts: 3 },
      ])
      assert.equal(await first.stop(), 0)
      assert.deepEqual(await second.perform(4), { done: 'bb 4', max_attempts: 2 })
      await SharedName.enqueue({})
      await until(() => assert.deepEqual(results, ['main']))
      await engine.stop()
      assert.deepEqual(await third.perform(5), { done: 'ccc 5', max_attempts: 3 })
      assert.deepEqual(await Promise.all([second.stop(), third.stop()]), [0, 0])
    } finally {
      await engine.stop()
    }
  }))

test('a thread may have job threads, which perform the classes of its own environment', () =>
  withSchema(async (schema) => {
    const own = await environment(schema, 'threads')
    assert.deepEqual(await own.perform(1), { done: 'threads 1', max_attempts: 7 })
    assert.equal(await own.stop(), 0)
  }))

test('an engine whose thread is terminated is named, and its jobs are handed back', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const run = (/** @type {string} */ logger) =>
      finished(process.execPath, [path.join(FIXTURES, 'terminate.js'), logger], { env: { DATABASE_URL: url, PREFIX: prefix } })
    const { code, out } = await run('')
    assert.equal(code, 0, out)
    const place = path.join(FIXTURES, 'environment.js').replaceAll(/[.\\/]/g, '\\$&')
    const warnings = out.match(/^eramjs: engine "default": expected stop\(\).*$/gm) ?? []
    assert.equal(warnings.length, 1, out)
    assert.match(warnings[0] ?? '', new RegExp(`started at ${place}:\\d+:\\d+; call it when the application ends`))
    assert.deepEqual(await rows('SELECT state, attempt FROM eram_jobs'), [{ state: 'available', attempt: 0 }])
    assert.deepEqual(await rows('SELECT 1 FROM eram_producers'), [])
    assert.deepEqual(await run('none'), { code: 0, out: '' })
  }))
