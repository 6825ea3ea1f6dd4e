// The API is called with what Schemathesis, another program, makes of its OpenAPI: it never fails, and shows no secret. Where Python
// or its packages are missing, calls of our own take its place. FUZZ_SECONDS is how long (60), FUZZ_SEED repeats a run.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import path from 'node:path'
import { test } from 'node:test'
import { ROOT } from '../support/snippets.js'
import { withApi } from './harness.js'
import { openapi } from './openapi-document.js'
import { random, randomCall } from './random-input.js'

const SECONDS = Number(process.env.FUZZ_SECONDS ?? 60)
const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))
const SECRET = 's3cr3t'
const FOLDER = path.join(ROOT, '.setup', 'schemathesis')
const REQUIREMENTS = path.join(import.meta.dirname, 'fuzz-requirements.txt')
/** They go on, or wait. */
const LEFT_OUT = ['/events', '/jobs/{id}/wait']

/** @typedef {{ what: string, status: number, text: string }} Answer */

/** Schemathesis, installed with its first use; undefined where that is not possible. */
function schemathesis() {
  const program = path.join(FOLDER, 'bin', 'st')
  if (existsSync(program)) return program
  try {
    execFileSync('python3', ['-m', 'venv', FOLDER], { stdio: 'ignore' })
    execFileSync(path.join(FOLDER, 'bin', 'pip'), ['install', '--quiet', '--requirement', REQUIREMENTS], { stdio: 'ignore' })
    return program
  } catch {
    rmSync(FOLDER, { recursive: true, force: true })
    return undefined
  }
}

/** @param {string} program @param {string} url @param {string} file  the document */
async function runSchemathesis(program, url, file) {
  const left = LEFT_OUT.flatMap((at) => ['--exclude-path', at])
  // Its own checks would take a database that is busy for a fault; those of this test are below.
  const checks = ['--checks', 'unsupported_method', '--header', 'X-Eram: 1', '--seed', String(SEED), '--max-time', String(SECONDS)]
  const args = ['run', file, '--url', url, '--continue-on-failure', '--phases', 'examples,coverage,fuzzing', ...left, ...checks]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: FOLDER })
  let out = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (out += chunk))
  await new Promise((resolve) => child.once('close', resolve))
  return out
}

/** @param {string} url @param {any} document */
async function callAtRandom(url, document) {
  const next = random(SEED)
  const all = Object.entries(document.paths).filter(([at]) => !LEFT_OUT.includes(at))
  const entries = all.flatMap(([at, methods]) => Object.entries(methods).map(([method, operation]) => ({ at, method, operation })))
  const end = performance.now() + SECONDS * 1000
  while (performance.now() < end) {
    const { at, method, operation } = /** @type {any} */ (entries[Math.floor(next() * entries.length)])
    const { path: parts, query, body } = randomCall(operation, document, next, [1, 2])
    const filled = at.replaceAll(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) =>
      encodeURIComponent(parts[name] ?? '1'),
    )
    const headers = { 'x-eram': '1', 'content-type': 'application/json' }
    const target = `${url}${filled}?${new URLSearchParams(query)}`
    await fetch(target, { method: method.toUpperCase(), headers, ...(body !== undefined && { body: JSON.stringify(body) }) })
  }
}

test('calls made of its description are never answered with 500, and show no secret', { timeout: (SECONDS + 600) * 1000 }, (t) =>
  withApi(
    async ({ engine, web }) => {
      const args = { password: SECRET, card: { number: SECRET } }
      await engine.enqueueAll(Array.from({ length: 20 }, () => ({ worker: 'Any', args, meta: { token: SECRET }, tags: ['x'] })))
      await engine.cron.insert(['0 8 * * *', 'Any', args, { name: 'n', meta: { token: SECRET } }])
      let calls = 0
      /** @type {Answer[]} */
      const wrong = []
      const server = createServer((request, response) => {
        const { end } = response
        response.end = /** @type {any} */ (
          (/** @type {any} */ body, /** @type {any[]} */ ...more) => {
            calls += 1
            const text = String(body ?? '')
            const { statusCode: status } = response
            if (status === 500 || text.includes(SECRET) || text.includes('postgres:')) {
              wrong.push({ what: `${request.method} ${request.url}`, status, text: text.slice(0, 1000) })
            }
            return Reflect.apply(end, response, [body, ...more])
          }
        )
        void web.node(request, response)
      })
      await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      try {
        const [url, document, program] = [`http://127.0.0.1:${port}/api/v1`, openapi(), schemathesis()]
        const file = path.join(FOLDER, 'openapi.json')
        if (program) {
          writeFileSync(file, JSON.stringify(document))
          const out = await runSchemathesis(program, url, file)
          assert.ok(calls > 100, out)
        } else await callAtRandom(url, document)
        t.diagnostic(`${calls} calls by ${program ? 'Schemathesis' : 'our own generator'}, seed ${SEED}`)
        assert.deepEqual(wrong.slice(0, 10), [], `seed ${SEED}`)
        assert.ok(calls > 100, `seed ${SEED}: ${calls} calls`)
      } finally {
        server.closeAllConnections()
        server.close()
      }
    },
    { redact: ['password', 'token', 'number'], limits: { keep: 0 } },
  ),
)
