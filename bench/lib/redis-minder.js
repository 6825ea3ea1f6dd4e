// Starts a redis-server for its parent and ends it when the parent has let go, or is dead.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'

const TRIALS = 3
const READY = /ready to accept connections/i

// Meant for our parent. Our work begins when it is gone.
for (const name of ['SIGINT', 'SIGHUP', 'SIGTERM']) process.on(name, () => {})

const folder = mkdtempSync(path.join(tmpdir(), 'eram-bench-redis-'))
/** @type {import('node:child_process').ChildProcess | undefined} */
let server

process.once('disconnect', async () => {
  if (server && server.exitCode === null && server.signalCode === null) {
    const ended = once(server, 'exit')
    // There is nothing to be saved.
    server.kill('SIGKILL')
    await ended
  }
  rmSync(folder, { recursive: true, force: true })
  process.exit()
})

tell(await started())

async function started() {
  let why = ''
  for (let trial = 0; trial < TRIALS; trial++) {
    const port = await freePort()
    const outcome = await start(port)
    if (outcome === null) return { port, pid: server?.pid }
    why = outcome
    if (why.includes('PATH')) break
  }
  return { why }
}

/**
 * @param {number} port
 * @returns {Promise<string | null>} why it did not start
 */
function start(port) {
  // https://redis.io/docs/latest/operate/oss_and_stack/management/persistence: "No persistence"; noeviction is what BullMQ demands.
  const settings = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', 'maxmemory-policy': 'noeviction' }
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)])
  const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'ignore'] })
  server = child
  let last = ''
  return new Promise((resolve) => {
    child.once('error', (/** @type {NodeJS.ErrnoException} */ { code, message }) => {
      server = undefined
      resolve(code === 'ENOENT' ? 'there is no redis-server on the PATH, and REDIS_URL names none' : `redis-server: ${message}`)
    })
    child.once('exit', (code, signal) => resolve(`redis-server ended with ${signal ?? `exit code ${code}`}: ${last}`))
    createInterface({ input: child.stdout }).on('line', (line) => {
      last = line || last
      if (READY.test(line)) resolve(null)
    })
  })
}

/** One that is free now; another may take it before us. @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (probe.address())
      probe.close(() => resolve(port))
    })
  })
}

/** @param {object} message */
function tell(message) {
  if (process.connected) process.send?.(message)
}
