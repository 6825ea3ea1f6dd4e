// The Redis that a competitor needs: that of REDIS_URL, else one for the length of the run if redis-server is installed. It writes
// nothing to disk, its fastest configuration.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { guard, reaper, release } from '../../scripts/processes.js'

/** @import { ChildProcess } from 'node:child_process' */
/** @typedef {{ redis?: string, redisPid?: number, whyNoRedis?: string, stop: () => Promise<void> }} Redis pid: of a server of our own */

const READY = /ready to accept connections/i

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
  const server = spawn('redis-server', words, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] })
  const { pid = 0 } = server
  guard(pid, 'SIGKILL')
  const problem = await ready(server)
  const stop = async () => {
    if (pid > 0 && server.exitCode === null && server.signalCode === null) {
      const exited = once(server, 'exit')
      server.ref()
      server.kill('SIGKILL')
      await exited
    }
    rmSync(folder, { recursive: true, force: true })
    for (const what of [pid, folder]) release(what)
  }
  if (problem === null) return { redis: `redis://127.0.0.1:${port}`, redisPid: pid, stop }
  await stop()
  return { whyNoRedis: problem, stop: async () => {} }
}

/** Resolves with the reason why it did not start, or null. @param {ChildProcess} server @returns {Promise<string | null>} */
function ready(server) {
  let last = ''
  return new Promise((resolve) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ { code, message }) =>
      resolve(code === 'ENOENT' ? 'redis-server is not on the PATH, and REDIS_URL is not set' : `redis-server: ${message}`),
    )
    server.once('exit', (code, signal) => resolve(`redis-server exited with ${signal ?? `exit code ${code}`}: ${last}`))
    const stdout = /** @type {import('node:net').Socket} */ (server.stdout)
    createInterface({ input: stdout }).on('line', (line) => {
      last = line || last
      if (!READY.test(line)) return
      // It keeps no process alive.
      server.unref()
      stdout.unref()
      resolve(null)
    })
  })
}

/** @returns {Promise<number>} */
async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
  probe.close()
  await once(probe, 'close')
  return port
}

/**
 * How many commands a Redis has processed, and how many connections it has.
 * @param {string | undefined} url @returns {Promise<{ done: number, connections: number } | null>} null if it does not report them
 */
export async function redisActivity(url) {
  if (url === undefined) return null
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port || 6379) })
  let text = ''
  socket.setEncoding('utf8').on('data', (part) => {
    text += part
  })
  socket.write('INFO\r\nQUIT\r\n')
  await once(socket, 'close')
  const figure = (/** @type {string} */ name) => Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(text)?.[1])
  const [done, connections] = [figure('total_commands_processed'), figure('connected_clients')]
  // One of them is this.
  return Number.isNaN(done) ? null : { done, connections: connections - 1 }
}
