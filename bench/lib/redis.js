// The Redis of those that want one: what REDIS_URL names, or else a server of our own for the length of the run, if there is a
// redis-server to be started. It writes nothing to disk, which is the fastest that it can be.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/**
 * @typedef {object} Redis
 * @property {string} [redis] its address
 * @property {number} [redisPid] of a server of our own
 * @property {string} [whyNoRedis] instead of the two
 * @property {() => Promise<void>} stop
 */

/** @returns {Promise<Redis>} */
export async function startRedis() {
  if (process.env.REDIS_URL) return { redis: process.env.REDIS_URL, stop: async () => {} }
  // A process of its own that ends the server when we are gone, however that comes about.
  const minder = fork(fileURLToPath(new URL('./redis-minder.js', import.meta.url)), {
    // Ctrl-C in our terminal must not end it before us.
    detached: true,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const gone = new Promise((resolve) => minder.once('exit', resolve))
  /** @type {{ port?: number, pid?: number, why?: string }} */
  const { port, pid, why } = await Promise.race([
    new Promise((resolve) => minder.once('message', resolve)),
    gone.then(() => ({ why: 'the process that was to start one has ended' })),
  ])
  // It keeps no process alive.
  minder.unref()
  minder.channel?.unref()
  const stop = async () => {
    minder.ref()
    if (minder.connected) minder.disconnect()
    await gone
  }
  if (why === undefined) return { redis: `redis://127.0.0.1:${port}`, redisPid: pid, stop }
  await stop()
  return { whyNoRedis: why, stop: async () => {} }
}
