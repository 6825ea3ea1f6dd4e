// The connection that listens goes silent: packets are lost without an error, as behind a firewall that has forgotten it.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { test } from 'node:test'
import { EramEngine } from '../../index.js'
import { ClockJob } from '../crash/programs/clock.js'
import { until, withSchema } from '../support/database.js'
import { createHarness } from '../support/fixtures/engine.js'
import { waitForSentinel } from '../support/sentinel.js'

/**
 * A proxy in front of a server. Once it is cut, it drops what passes through and leaves both ends open.
 *
 * @param {string} url
 */
async function startProxy(url) {
  const target = new URL(url)
  /** @type {Set<import('node:net').Socket>} */
  const sockets = new Set()
  let isCut = false
  const server = createServer((near) => {
    const far = connect(Number(target.port || 5432), target.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      const wasCut = isCut
      sockets.add(/** @type {import('node:net').Socket} */ (from))
      from?.on('error', () => {})
      from?.on('data', (data) => isCut === wasCut && to?.write(data))
      from?.on('close', () => !isCut && to?.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String(/** @type {import('node:net').AddressInfo} */ (server.address()).port)
  return {
    url: through.href,
    /** Older connections receive nothing any more; new ones work. */
    cut() {
      isCut = true
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

test('jobs are found meanwhile, and the connection is replaced', () =>
  withSchema(async (schema) => {
    const proxy = await startProxy(schema.url)
    const engine = await EramEngine.start({
      url: schema.url,
      listen_url: proxy.url,
      prefix: schema.prefix,
      queues: { clock: 5 },
      logger: false,
    })
    try {
      const { recordEvents, runToCompletion, waitForState } = createHarness(engine, schema)
      const switches = recordEvents('notifier:switch')
      await runToCompletion(ClockJob, {})
      await waitForSentinel(schema, 'clock')

      proxy.cut()
      const enqueue = async () =>
        Number((await schema.row(`SELECT id FROM eram_enqueue_job('{"worker": "ClockJob", "queue": "clock"}')`)).id)
      // It is found by the next heartbeat, before the loss of the connection is noticed.
      await waitForState(await enqueue(), 'completed')
      assert.equal(switches.length, 0)
      await until(() => assert.equal(switches.length, 2))
      assert.deepEqual(
        switches.map(({ listening }) => listening),
        [false, true],
      )

      // The server still holds the lock of the lost session, and until it notices the loss no node can be the sentinel. Jobs are
      // found all the same.
      await waitForState(await enqueue(), 'completed')
    } finally {
      await engine.stop({ grace: 0 })
      proxy.close()
    }
  }))
