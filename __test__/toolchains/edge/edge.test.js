// eramjs/enqueue where no addon runs: in workerd, which Cloudflare's workers are, in Bun and in Deno; with a plain fetch and with
// Neon's driver, in front of a real PostgreSQL; and an engine performs what they enqueued.
import assert from 'node:assert/strict'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'
import { EramEngine, EramJob } from '../../../index.js'
import { sql } from '../../support/database.js'
import { snippets } from '../../support/snippets.js'
import { startSqlEndpoint } from '../../support/sql-endpoint.js'
import { application } from '../support/application.js'
import { database } from '../support/database.js'

const AREA = path.dirname(fileURLToPath(import.meta.url))
/** A name that no machine has: the driver is told where to send its requests. */
const NEON_URL = 'postgresql://user:secret@neon.test/app'

/** What is enqueued, and answered, everywhere. */
const JOBS = `import { defineJob, enqueue, EramError, statement } from 'eramjs/enqueue'

const WelcomeJob = defineJob('WelcomeJob', { max_attempts: 3, unique: { keys: ['email'], period: '1 hour' } })

export function overHttp(endpoint) {
  return async (query, params) => {
    const response = await fetch(endpoint, { method: 'POST', body: JSON.stringify({ query, params }) })
    const answer = await response.json()
    if (!response.ok) throw Object.assign(new Error(answer.message), answer)
    return answer.rows
  }
}

export async function enqueueSome(client, place) {
  const one = await enqueue(client, WelcomeJob.new({ email: place }))
  const again = await enqueue(client, WelcomeJob.new({ email: place }))
  const many = await enqueue(client, [{ worker: 'WelcomeJob', args: { email: place + ' 2' } }, { worker: 'WelcomeJob', args: { email: place + ' 3' } }])
  const refused = await enqueue(client, { worker: 'WelcomeJob', args: { headers: new Headers() }, priority: 12 }).catch((error) => error)
  const missing = await enqueue(client, { worker: 'WelcomeJob' }, { prefix: 'nowhere' }).catch((error) => error)
  return {
    same: one.id === again.id && again.conflict,
    many: many.length,
    isDate: one.inserted_at instanceof Date,
    refused: refused instanceof EramError && refused.code + ': ' + refused.message,
    missing: missing instanceof EramError && missing.code,
  }
}

export function statementOf(place) {
  return statement(WelcomeJob.new({ email: place }))
}
`

const EXPECTED = {
  same: true,
  many: 2,
  isDate: true,
  refused: 'ERAM_JOB: WelcomeJob.args.headers: expected JSON, got a Headers; pass Object.fromEntries(headers)',
  missing: 'ERAM_NOT_MIGRATED',
}

const PROGRAM = `import { enqueueSome, overHttp } from './jobs.mjs'

const [endpoint, place] = (globalThis.Deno?.args ?? process.argv.slice(2)).slice(-2)
console.log(JSON.stringify(await enqueueSome(overHttp(endpoint), place)))
`

const WORKER = `import { neon, neonConfig } from '@neondatabase/serverless'
import guide from './guide.mjs'
import { enqueueSome, overHttp, statementOf } from './jobs.mjs'

export default {
  async fetch(_request, { ENDPOINT, NEON_URL }) {
    neonConfig.fetchEndpoint = ENDPOINT
    const sql = neon(NEON_URL)
    const plain = await enqueueSome(overHttp(ENDPOINT), 'workerd')
    const driver = await enqueueSome(sql, 'workerd with Neon')
    // A transaction of statements that are known beforehand.
    const signUp = async (email) => {
      const { text, params } = statementOf(email)
      await sql.transaction([sql\`INSERT INTO users (email) VALUES (\${email})\`, sql.query(text, params)])
    }
    await signUp('in a batch')
    const failed = await signUp('in a batch').then(() => 'it passed', (error) => error.code)
    const body = JSON.stringify({ email: 'of the guide' })
    const { status } = await guide.fetch(new Request('http://worker.test', { method: 'POST', body }), { DATABASE_URL: NEON_URL })
    return Response.json({ plain, driver, failed, status, node: typeof process === 'object' && Boolean(process.versions?.node) })
  },
}
`

class WelcomeJob extends EramJob {
  /** @type {string[]} */
  static welcomed = []

  /** @param {{ email: string }} args */
  async perform({ email }) {
    WelcomeJob.welcomed.push(email)
  }
}
WelcomeJob.register()

/** @param {import('node:test').TestContext} t */
async function place(t) {
  const url = await database(t)
  const endpoint = await startSqlEndpoint(url)
  t.after(() => endpoint.close())
  WelcomeJob.welcomed.length = 0
  return { url, endpoint: endpoint.url }
}

/** Runs the jobs, and says whom they welcomed. @param {string} url */
async function welcomed(url) {
  const engine = await EramEngine.start({ url, queues: { default: 5 }, logger: false })
  try {
    const { drained, failure } = await engine.runOnce()
    assert.deepEqual([drained, failure], [true, 0])
    return [...WelcomeJob.welcomed].sort()
  } finally {
    await engine.stop()
  }
}

describe('a program that enqueues by fetch', () => {
  /** @type {[string, string, string[]][]} */
  const runtimes = [
    ['Node', process.execPath, []],
    ['Bun', path.join(AREA, 'node_modules', '@oven', 'bun-linux-x64', 'bin', 'bun'), ['run']],
    [
      'Deno',
      path.join(AREA, 'node_modules', '@deno', 'linux-x64-glibc', 'deno'),
      ['run', '--no-prompt', '--no-lock', '--allow-net=127.0.0.1'],
    ],
  ]
  for (const [name, program, args] of runtimes) {
    test(`runs in ${name}, and its jobs run`, async (t) => {
      const { url, endpoint } = await place(t)
      const app = await application(t, AREA, { 'jobs.mjs': JOBS, 'program.mjs': PROGRAM })
      const { code, text } = await app.run(program, [...args, 'program.mjs', endpoint, name])
      assert.equal(code, 0, text)
      assert.deepEqual(JSON.parse(text), EXPECTED)
      assert.deepEqual(await welcomed(url), [name, `${name} 2`, `${name} 3`])
    })
  }
})

test('a worker in workerd, without compatibility with Node, enqueues by fetch and through the driver of Neon', async (t) => {
  const { url, endpoint } = await place(t)
  const { rows, end } = await sql(url)
  t.after(end)
  await rows('CREATE TABLE users (email text UNIQUE)')
  const guide = snippets('docs/guides/serverless.md').find(({ name }) => name === 'worker.js')
  assert.ok(guide)
  const app = await application(t, AREA, { 'jobs.mjs': JOBS, 'worker.mjs': WORKER, 'guide.mjs': guide.text })
  const { outputFiles } = await build({
    absWorkingDir: app.folder,
    entryPoints: ['worker.mjs'],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'import'],
  })
  const miniflare = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? '',
    compatibilityDate: '2025-06-01',
    bindings: { ENDPOINT: endpoint, NEON_URL },
  })
  t.after(() => miniflare.dispose())
  const response = await miniflare.dispatchFetch('http://worker.test/')
  assert.equal(response.status, 200, await response.clone().text())
  const answer = await response.json()
  assert.deepEqual(answer, { plain: EXPECTED, driver: EXPECTED, failed: '23505', status: 201, node: false })
  const expected = ['workerd', 'workerd with Neon'].flatMap((name) => [name, `${name} 2`, `${name} 3`])
  assert.deepEqual(await welcomed(url), ['in a batch', 'of the guide', ...expected].sort())
})
