// What a test leaves behind is named, with where it began; what has ended is not.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { defineJob, EramEngine } from '../../index.js'
import { assertNoLeaks, startTestEngine, useTestEngine } from '../../testing.js'
import { DATABASE_URL } from '../support/database.js'

const Mail = defineJob('LeakedMail', { queue: 'mails' }, () => {})

/** @type {Awaited<ReturnType<typeof startTestEngine>>} */
let kit
before(async () => {
  kit = await startTestEngine({ url: DATABASE_URL })
})
after(async () => {
  await kit.stop()
  await assertNoLeaks()
})

/** What assertNoLeaks() names, but for the engine of this file. */
async function leaks() {
  const error = await assertNoLeaks().catch((thrown) => thrown)
  assert.equal(error.name, 'AssertionError')
  const [, ...lines] = error.message.split('\n')
  const own = lines.findIndex((/** @type {string} */ line) => line.includes('engine "default" was not stopped'))
  const next = lines.findIndex((/** @type {string} */ line, /** @type {number} */ i) => i > own && !line.startsWith('      '))
  lines.splice(own, (next < 0 ? lines.length : next) - own)
  return lines.join('\n')
}

test('an engine that was not stopped is named with where it was started', async () => {
  assert.equal(await leaks(), '')
  const engine = await EramEngine.start({ url: DATABASE_URL, prefix: kit.prefix, name: 'left', testing: 'manual', logger: false })
  assert.match(await leaks(), /^ {2}engine "left" was not stopped\n {6}at .*leaks\.test\.js:\d+/)
  await engine.stop()
  assert.equal(await leaks(), '')
})

test('an enqueue that was not awaited is named, until it has ended', async () => {
  const enqueued = Mail.enqueue({})
  assert.match(await leaks(), /^ {2}enqueue of LeakedMail\n {6}at .*leaks\.test\.js:\d+/)
  await enqueued
  const all = EramEngine.enqueueAll([Mail.new({})])
  assert.match(await leaks(), /^ {2}enqueue of enqueueAll\n {6}at .*leaks\.test\.js:\d+/)
  await all
  // One that failed has ended, too.
  await Mail.enqueue({}, { priority: 12 }).catch(() => {})
  assert.equal(await leaks(), '')
})

test('an open scope of withTransaction is named, until it has ended', async () => {
  let close = () => {}
  const tx = /** @type {any} */ ({ query: async () => ({ rows: [] }) })
  const scope = EramEngine.withTransaction(tx, () => new Promise((resolve) => (close = () => resolve(undefined))))
  assert.match(await leaks(), /^ {2}scope of withTransaction\(\)\n {6}at .*leaks\.test\.js:\d+/)
  close()
  await scope
  assert.equal(await leaks(), '')
})

/** The hooks of a runner, to be called by the test. */
function runner() {
  /** @type {Record<string, () => Promise<void>>} */
  const hooks = {}
  const take = (/** @type {string} */ name) => (/** @type {() => Promise<void>} */ fn) => {
    hooks[name] = fn
  }
  return { hooks, given: { beforeAll: take('beforeAll'), afterEach: take('afterEach'), afterAll: take('afterAll') } }
}

test('useTestEngine fails the test that leaves an enqueue behind', async () => {
  const { hooks, given } = runner()
  const test = useTestEngine({ url: DATABASE_URL, name: 'used' }, given)
  await hooks.beforeAll?.()
  await Mail.enqueue({}, { engine: test.engine })
  await hooks.afterEach?.()
  const left = Mail.enqueue({}, { engine: test.engine })
  await assert.rejects(async () => hooks.afterEach?.(), /enqueue of LeakedMail/)
  await left
  await hooks.afterEach?.()
  await hooks.afterAll?.()
})

test('useTestEngine fails the file that leaves an engine behind, not for those of other files and hooks', async () => {
  const { hooks, given } = runner()
  useTestEngine({ url: DATABASE_URL, name: 'used' }, given)
  await hooks.beforeAll?.()
  const early = await EramEngine.start({ url: DATABASE_URL, prefix: kit.prefix, name: 'early', testing: 'manual', logger: false })
  await hooks.afterEach?.()
  const late = await EramEngine.start({ url: DATABASE_URL, prefix: kit.prefix, name: 'late', testing: 'manual', logger: false })
  await hooks.afterEach?.()
  await assert.rejects(
    async () => hooks.afterAll?.(),
    (/** @type {Error} */ { message }) => message.includes('engine "late"') && !message.includes('"early"'),
  )
  await Promise.all([early.stop(), late.stop()])
})
