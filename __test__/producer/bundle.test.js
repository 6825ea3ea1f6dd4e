// eramjs/enqueue in a bundle: how large it is, and that it needs nothing of Node.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import vm from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { ROOT } from '../support/snippets.js'

const MAX_BYTES = 34_500
/** Compressed, as servers and platforms deliver and count it. */
const MAX_GZIPPED = 13_500

/** @param {import('esbuild').BuildOptions} options */
async function bundled(options) {
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: ['enqueue.js'],
    bundle: true,
    minify: true,
    write: false,
    platform: 'neutral',
    target: 'es2022',
    ...options,
  })
  return result.outputFiles?.[0]?.text ?? ''
}

test(`it has at most ${MAX_BYTES} bytes, and ${MAX_GZIPPED} compressed`, async (t) => {
  const text = await bundled({ format: 'esm' })
  const bytes = Buffer.byteLength(text)
  const gzipped = gzipSync(text, { level: 9 }).length
  t.diagnostic(`${bytes} bytes, ${gzipped} compressed`)
  assert.ok(bytes <= MAX_BYTES, `${bytes}`)
  assert.ok(gzipped <= MAX_GZIPPED, `${gzipped}`)
  assert.ok(bytes > 5000, 'it is all there')
})

test('it runs where there are only the objects of the language', async () => {
  const text = await bundled({ format: 'iife', globalName: 'producer' })
  const context = vm.createContext(Object.create(null))
  assert.deepEqual(
    ['process', 'Buffer', 'require', 'URL', 'TextEncoder', 'setTimeout', 'fetch', 'queueMicrotask', 'structuredClone'].filter((name) =>
      vm.runInContext(`typeof ${name} !== 'undefined'`, context),
    ),
    [],
  )
  /** @type {[string, string[]][]} */
  const calls = []
  context.run = async (/** @type {string} */ sql, /** @type {string[]} */ params) => {
    calls.push([sql, [...params]])
    return vm.runInContext(`[{ eram: '[{"id":1,"state":"available","inserted_at":"2030-01-01T00:00:00Z"}]' }]`, context)
  }
  vm.runInContext(text, context)
  const job = await vm.runInContext(
    `producer.enqueue(run, { worker: 'A', args: { at: new Date(0), text: 'é😀' }, schedule_in: '1 minute', unique: true })`,
    context,
  )
  assert.equal(job.id, 1)
  assert.equal(job.inserted_at.getTime(), Date.UTC(2030, 0))
  assert.equal(calls[0]?.[0], 'select "public".eram_enqueue($1) as eram')
  const draft = JSON.parse(calls[0]?.[1][0] ?? '')
  assert.deepEqual([draft.args, draft.schedule_in], [{ at: '1970-01-01T00:00:00.000Z', text: 'é😀' }, 60])
  for (const [call, message] of [
    [`{ worker: 'A', priority: 12 }`, 'A.priority: expected an integer of at most 9, got 12'],
    [`{ worker: 'A', args: { map: new Map() } }`, 'A.args.map: expected JSON, got a Map; pass Object.fromEntries(map)'],
    [`{ worker: 'A', args: { text: '\\ud800' } }`, /half a surrogate pair/],
    [`{ worker: 'A', args: { text: 'é'.repeat(600000) } }`, /expected at most 1048576 bytes, got 1200011/],
    [`{ worker: 'A', queue: ['x'] }`, 'A.queue: expected a text of 1 to 127 characters, got ["x"]'],
    [`{ worker: 'A', scheduled_at: 'x' }`, /RFC 3339/],
  ]) {
    const error = await vm.runInContext(`producer.enqueue(run, ${call}).catch((error) => error)`, context)
    assert.equal(error.code, 'ERAM_JOB')
    if (typeof message === 'string') assert.equal(error.message, message)
    else assert.match(error.message, /** @type {RegExp} */ (message))
  }
})

test('the entry for require() needs no module', async () => {
  const { readFileSync } = await import('node:fs')
  const text = readFileSync(new URL('../../enqueue.cjs', import.meta.url), 'utf8')
  assert.doesNotMatch(text, /\brequire\(['"]|\bprocess\.\w|\bBuffer\.\w/)
  const { createRequire } = await import('node:module')
  const required = createRequire(import.meta.url)('../../enqueue.cjs')
  const imported = await import('../../enqueue.js')
  assert.deepEqual(Object.keys(required).sort(), Object.keys(imported).sort())
  // An error of one is one of the other.
  assert.throws(() => required.statement({ worker: 'A', priority: 12 }), imported.EramError)
})
