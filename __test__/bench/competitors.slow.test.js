// Every other job queue of the benchmark does what its measurement takes for granted, and leaves nothing behind.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { isOther, load, NAMES } from '../../bench/competitors/index.js'
import { theirs } from '../../bench/competitors/shared.js'
import { startRedis } from '../../bench/lib/redis.js'
import { descendants, isAlive } from '../../scripts/processes.js'
import { DATABASE_URL, sql, until } from '../support/database.js'

/** @import { As, Competitor, Enqueuer, Kind } from '../../bench/competitors/index.js' */
/** @import { Target } from '../../bench/lib/stores.js' */

// It ends with this process.
const redis = await startRedis()

/** @param {Competitor} competitor @param {Target} target */
const allDone = (competitor, target) => until(async () => assert.equal(await competitor.unfinished(target), 0))

/**
 * Has jobs performed, and returns when each began.
 * @param {Competitor} competitor
 * @param {Target} target
 * @param {{ as: As, kind: Kind, queues?: string[] }} work
 * @param {(enqueuer: Enqueuer) => Promise<number>} enqueue resolves with how many are to begin
 */
async function performed(competitor, target, work, enqueue) {
  /** @type {Map<number, bigint>} */
  const begun = new Map()
  const working = await competitor.work(target, { ...work, began: (n, at) => begun.set(n, at) })
  const enqueuer = await competitor.enqueuer(target, { kind: work.kind, wakes: true })
  const wanted = await enqueue(enqueuer)
  if (work.kind === 'timed') await until(() => assert.equal(begun.size, wanted))
  await allDone(competitor, target)
  await enqueuer.close()
  await working.stop()
  return begun
}

for (const name of NAMES.filter(isOther)) {
  const competitor = await load(name)
  const skip = competitor.store === 'redis' && redis.whyNoRedis

  test(`${name} drains what was enqueued, and reports when each job began`, { skip }, async () => {
    const database = await sql()
    const prefix = `t_competitor_${randomBytes(6).toString('hex')}`
    // Its connections differ from those of others by name.
    const url = new URL(DATABASE_URL)
    url.searchParams.set('application_name', prefix)
    const target = { url: url.href, redis: redis.redis, prefix }
    const children = descendants(process.pid)
    await competitor.create(target)

    let done = 0
    await competitor.fill(target, { jobs: 50, bytes: 100 })
    assert.ok((await competitor.unfinished(target)) > 0)
    const working = await competitor.work(target, { as: 'tuned', kind: 'noop', done: () => done++ })
    await allDone(competitor, target)
    await working.stop()
    assert.equal(done, 50)

    const before = process.hrtime.bigint()
    const tuned = await performed(competitor, target, { as: 'tuned', kind: 'timed' }, async ({ one, bulk }) => {
      await one({ n: 1, text: 'x' })
      await bulk([2, 3, 4].map((n) => ({ n, text: 'x'.repeat(2000) })))
      return 4
    })
    assert.deepEqual([...tuned.keys()].sort(), [1, 2, 3, 4])
    for (const at of tuned.values()) assert.ok(at > before && at < process.hrtime.bigint())

    const defaults = await performed(competitor, target, { as: 'defaults', kind: 'timed' }, async ({ one }) => {
      await one({ n: 5, text: 'x' })
      return 1
    })
    assert.deepEqual([...defaults.keys()], [5])

    const several = await performed(competitor, target, { as: 'tuned', kind: 'timed', queues: ['default', 'other'] }, async ({ one }) => {
      await one({ n: 6 })
      return 1
    })
    assert.deepEqual([...several.keys()], [6])

    const transacted = await performed(competitor, target, { as: 'tuned', kind: 'timed' }, async ({ one, within }) => {
      assert.equal(within === null, competitor.cannot.transactions !== undefined)
      if (within === null) return 0
      await database.rows('BEGIN')
      await within(database.client, { n: 10 })
      await database.rows('ROLLBACK')
      assert.equal(await competitor.unfinished(target), 0)
      await database.rows('BEGIN')
      await within(database.client, { n: 11 })
      await database.rows('COMMIT')
      await one({ n: 12 })
      return 2
    })
    assert.ok(!transacted.has(10))

    await competitor.destroy(target)
    assert.deepEqual(await database.rows('SELECT nspname FROM pg_namespace WHERE nspname = $1', [prefix]), [])
    await until(async () => {
      assert.deepEqual(await database.rows('SELECT query FROM pg_stat_activity WHERE application_name = $1', [prefix]), [])
    })
    await until(() => assert.ok(descendants(process.pid).every((pid) => children.includes(pid) || !isAlive(pid))))
    if (redis.redis) assert.deepEqual(await keys(redis.redis, `${prefix}*`), [])
    await database.end()
  })
}

/** @param {string} url @param {string} pattern */
async function keys(url, pattern) {
  const { Redis } = await theirs('ioredis')
  const client = new Redis(url)
  const found = await client.keys(pattern)
  await client.quit()
  return found
}

test('a Redis of our own ends with the benchmark, even if that is killed', { skip: redis.whyNoRedis }, async () => {
  const source = `
    import { startRedis } from ${JSON.stringify(new URL('../../bench/lib/redis.js', import.meta.url).href)}
    const { redisPid } = await startRedis()
    console.log(redisPid)
    setInterval(() => {}, 1000)`
  const env = { ...process.env, REDIS_URL: undefined }
  const bench = spawn(process.execPath, ['--input-type=module', '-e', source], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: bench.stdout }), 'line')
  const pid = Number(line)
  assert.ok(isAlive(pid))
  bench.kill('SIGKILL')
  await until(() => assert.ok(!isAlive(pid)))
})

test('a missing redis-server is reported', async () => {
  const source = `
    import { startRedis } from ${JSON.stringify(new URL('../../bench/lib/redis.js', import.meta.url).href)}
    const { redis, whyNoRedis } = await startRedis()
    console.log(JSON.stringify({ redis, whyNoRedis }))`
  const env = { ...process.env, REDIS_URL: undefined, PATH: '/nowhere' }
  const bench = spawn(process.execPath, ['--input-type=module', '-e', source], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: bench.stdout }), 'line')
  assert.deepEqual(JSON.parse(line), { whyNoRedis: 'redis-server is not on the PATH, and REDIS_URL is not set' })
})
