// Every peer of the benchmarks does what its measurement takes for granted, and leaves nothing behind.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { isPeer, load, NAMES } from '../../bench/contenders/index.js'
import { finished } from '../../bench/lib/finished.js'
import { startRedis } from '../../bench/lib/redis.js'
import { peer } from '../../bench/peers/index.js'
import { descendants, isAlive } from '../../scripts/processes.js'
import { DATABASE_URL, sql, until } from '../support/database.js'

/** @import { As, Contender, Kind } from '../../bench/contenders/index.js' */
/** @import { Place } from '../../bench/lib/database.js' */

const BOUND_MS = 60_000

// It ends with this process.
const redis = await startRedis()

/** @param {Contender} contender @param {Place} place */
async function allDone(contender, place) {
  const signal = AbortSignal.timeout(BOUND_MS)
  await finished(contender, place, { signal })
  assert.equal(signal.aborted, false, `${contender.name}: expected all jobs done in ${BOUND_MS} ms`)
}

/**
 * Has jobs performed, and gives back when each began.
 * @param {Contender} contender
 * @param {Place} place
 * @param {{ as: As, kind: Kind, threads?: number, queues?: string[] }} work
 * @param {(enqueuer: import('../../bench/contenders/index.js').Enqueuer) => Promise<number>} enqueue resolves with how many are to begin
 */
async function performed(contender, place, work, enqueue) {
  /** @type {Map<number, bigint>} */
  const begun = new Map()
  const working = await contender.work(place, { ...work, began: (n, at) => begun.set(n, at) })
  const enqueuer = await contender.enqueuer(place, { kind: work.kind, heard: true, queue: work.queues?.at(-1) })
  const wanted = await enqueue(enqueuer)
  if (work.kind === 'timed') await until(() => assert.equal(begun.size, wanted))
  await allDone(contender, place)
  await enqueuer.close()
  await working.stop()
  return begun
}

for (const name of NAMES.filter(isPeer)) {
  const contender = await load(name)
  const skip = contender.store === 'redis' && redis.whyNoRedis

  test(`${name} works off what was put into its store, and tells when each job began`, { skip }, async () => {
    const database = await sql()
    const prefix = `t_peer_${randomBytes(6).toString('hex')}`
    // Every connection of it can be told from those of others.
    const url = new URL(DATABASE_URL)
    url.searchParams.set('application_name', prefix)
    const place = { url: url.href, redis: redis.redis, prefix }
    const children = descendants(process.pid)
    await contender.create(place)

    let done = 0
    await contender.fill(place, { jobs: 50, bytes: 100 })
    assert.ok((await contender.unfinished(place)) > 0)
    const working = await contender.work(place, { as: 'tuned', kind: 'noop', done: () => done++ })
    await allDone(contender, place)
    await working.stop()
    assert.equal(done, 50)

    const before = process.hrtime.bigint()
    const tuned = await performed(contender, place, { as: 'tuned', kind: 'timed' }, async ({ one, bulk }) => {
      await one({ n: 1, text: 'x' })
      await bulk([2, 3, 4].map((n) => ({ n, text: 'x'.repeat(2000) })))
      return 4
    })
    assert.deepEqual([...tuned.keys()].sort(), [1, 2, 3, 4])
    for (const at of tuned.values()) assert.ok(at > before && at < process.hrtime.bigint())

    const defaults = await performed(contender, place, { as: 'defaults', kind: 'timed' }, async ({ one }) => {
      await one({ n: 5, text: 'x' })
      return 1
    })
    assert.deepEqual([...defaults.keys()], [5])

    const others = await performed(contender, place, { as: 'tuned', kind: 'timed', queues: ['one', 'other'] }, async ({ one }) => {
      await one({ n: 6 })
      return 1
    })
    assert.deepEqual([...others.keys()], [6])

    await performed(contender, place, { as: 'tuned', kind: 'cpu', threads: 2 }, async ({ bulk }) => {
      await bulk([7, 8, 9].map((n) => ({ n, rounds: 1000 })))
      return 0
    })

    const transacted = await performed(contender, place, { as: 'tuned', kind: 'timed' }, async ({ one, within }) => {
      assert.equal(within === null, contender.cannot.transactions !== undefined)
      if (within === null) return 0
      await database.rows('BEGIN')
      await within(database.client, { n: 10 })
      await database.rows('ROLLBACK')
      assert.equal(await contender.unfinished(place), 0)
      await database.rows('BEGIN')
      await within(database.client, { n: 11 })
      await database.rows('COMMIT')
      await one({ n: 12 })
      return 2
    })
    assert.ok(!transacted.has(10))

    await contender.destroy(place)
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
  const { Redis } = await peer('ioredis')
  const client = new Redis(url)
  const found = await client.keys(pattern)
  await client.quit()
  return found
}

test('a Redis of our own ends with the benchmark, even one that is killed', { skip: redis.whyNoRedis }, async () => {
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

test('where there is no redis-server, it is told', async () => {
  const source = `
    import { startRedis } from ${JSON.stringify(new URL('../../bench/lib/redis.js', import.meta.url).href)}
    const { redis, whyNoRedis } = await startRedis()
    console.log(JSON.stringify({ redis, whyNoRedis }))`
  const env = { ...process.env, REDIS_URL: undefined, PATH: '/nowhere' }
  const bench = spawn(process.execPath, ['--input-type=module', '-e', source], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: bench.stdout }), 'line')
  assert.deepEqual(JSON.parse(line), { whyNoRedis: 'there is no redis-server on the PATH, and REDIS_URL names none' })
})
