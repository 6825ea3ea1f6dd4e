// The Redis that a competitor needs: that of REDIS_URL, else one for the length of the run if redis-server is installed. It writes
// nothing to disk, its fastest configuration.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { guard, reaper, release } from '../../scripts/processes.js'
import { theirs } from '../competitors/shared.js'
import { freePort } from './ports.js'

/** @typedef {{ redis?: string, redisPid?: number, whyNoRedis?: string, stop: () => Promise<void> }} Redis pid: of a server of our own */

/** @returns {Promise<Redis>} */
export async function startRedis() {
  if (process.env.REDIS_URL) return { redis: process.env.REDIS_URL, stop: async () => {} }
  await reaper().ready
  const folder = mkdtempSync(path.join(tmpdir(), 'eram-bench-redis-'))
  guard(folder)
  const port = await freePort()
  // https://redis.io/docs/latest/operate/oss_and_stack/management/persistence: "No persistence"; BullMQ requires noeviction.
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction' }
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const server = spawn('redis-server', words, { detached: true, stdio: 'ignore' })
  const { pid } = server
  const exited = new Promise((resolve) => server.once('exit', resolve).once('error', resolve))
  if (pid) guard(pid, 'SIGKILL')
  const stop = async () => {
    server.ref()
    server.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
    for (const what of [pid ?? 0, folder]) release(what)
  }
  const redis = `redis://127.0.0.1:${port}`
  // Connects as soon as it can.
  const { Redis } = await theirs('ioredis')
  const client = new Redis(redis, { maxRetriesPerRequest: null }).on('error', () => {})
  const isUp = await Promise.race([client.ping(), exited.then(() => false)])
  client.disconnect()
  // It keeps no process alive.
  server.unref()
  if (isUp) return { redis, redisPid: pid, stop }
  await stop()
  return { whyNoRedis: `redis-server ${pid ? 'exited' : 'is not on the PATH, and REDIS_URL is not set'}`, stop: async () => {} }
}

/** How many commands a Redis has processed, and how many connections it has besides this one. @param {string | undefined} url */
export async function redisActivity(url) {
  const { Redis } = await theirs('ioredis')
  const client = new Redis(url)
  const text = await client.info()
  await client.quit()
  const figure = (/** @type {string} */ name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1])
  return { queries: figure('total_commands_processed'), connections: figure('connected_clients') - 1 }
}
