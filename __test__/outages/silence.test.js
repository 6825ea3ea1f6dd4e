// The connection that listens goes deaf: packets vanish and nobody is told, as behind a firewall that has forgotten it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { ClockJob } from '../crash/programs/clock.js'
import { until, withSchema } from '../support/database.js'
import { createHarness } from '../support/fixtures/engine.js'

/**
 * A way to a server that can be cut without a word: what passes through it then is lost, and its ends stay open.
 *
 * @param {string} url
 */
async function passage(url) {
  const target = new URL(url)
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  let isDeaf = false
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      const wasDeaf = isDeaf
      sockets.add(/** @type {import('node:net').Socket} */ (from))
      from?.on('error', () => {})
      from?.on('data', (data) => isDeaf === wasDeaf && to?.write(data))
      from?.on('close', () => !isDeaf && to?.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(/** @type {import('node:net').AddressInfo} */ (server.address()).port)
  return {
    url: through.href,
    /** Connections of before hear nothing any more; new ones do. */
    cut() {
      isDeaf = true
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

test('jobs are found, and it is noticed within 15 s', () =>
  withSchema(async (schema) => {
    const way = await passage(schema.url)
    const engine = await EramEngine.start({
      url: schema.url,
      listen_url: way.url,
      prefix: schema.prefix,
      queues: { clock: 5 },
      logger: false,
    })
    try {
      const { recordEvents, runToCompletion, waitForState } = createHarness(engine, schema)
      const switches = recordEvents('notifier:switch')
      await runToCompletion(ClockJob, {})
      const asleep = async () => {
        const { count } = await schema.row(
          `SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
             AND (classid::bigint << 32 | objid::bigint) = eram_queue_key('clock')`,
        )
        return count === 1
      }
      await until(async () => assert.ok(await asleep()))

      way.cut()
      const cut = performance.now()
      const enqueue = async () =>
        Number((await schema.row(`SELECT id FROM eram_enqueue_job('{"worker": "ClockJob", "queue": "clock"}')`)).id)
      // Nobody is told of it; the next heartbeat finds it.
      await waitForState(await enqueue(), 'completed', { timeout: 8000 })
      await until(() => assert.equal(switches.length, 2), { timeout: 30_000 })
      assert.ok(performance.now() - cut < 17_000, `noticed after ${performance.now() - cut} ms`)
      assert.deepEqual(
        switches.map(({ listening }) => listening),
        [false, true],
      )

      // The server still holds the lock of the lost session: only when it notices can anybody be its sentinel again. Jobs are
      // found all the same.
      const began = performance.now()
      await waitForState(await enqueue(), 'completed', { timeout: 8000 })
      assert.ok(performance.now() - began < 8000)
    } finally {
      await engine.stop({ grace: 0 })
      way.close()
    }
  }))
