// Engines that sleep while there is nothing to do: what docs/guides/operations.md guarantees.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defineJob, EramEngine } from '../../index.js'
import { sql, until } from '../support/database.js'
import { assertSilent, withSleepers } from './sleepers.js'

// A queue without a job class does not go to sleep.
defineJob('NothingJob', { isolation: 'main' }, async () => {})

test('three idle engines make no statement, and an insert of any kind wakes them by a notification', () =>
  withSleepers(async (cluster) => {
    const { nodes, rows, row, start, asleep, wakes, woken, enqueue, done } = cluster
    await start(3)
    await asleep()
    await assertSilent(cluster, 20)
    assert.equal((await row('SELECT count(*)::int FROM eram_peers')).count, 0, 'there is no leader')
    const inserts = {
      'an enqueue': () => enqueue(),
      'a draft that asks for no notification': () => enqueue({ notify: false }),
      'a row inserted by hand': async () => (await row(`INSERT INTO eram_jobs (worker) VALUES ('EffectJob') RETURNING id::int`)).id,
    }
    for (const [name, insert] of Object.entries(inserts)) {
      const before = wakes()
      const id = await insert()
      await done(id)
      for (const [i, node] of nodes.entries()) assert.equal((await woken(node, before[i] ?? 0)).reason, 'notified', name)
      assert.equal((await rows('SELECT FROM effects WHERE job = $1', [id])).length, 1)
      await asleep()
    }
  }))

test('a notification behind which there is no row wakes no engine', () =>
  withSleepers(async (cluster) => {
    const { nodes, row, start, asleep, wakes, woken, enqueue, done, now, statements } = cluster
    await start(2)
    const begun = await asleep()
    const before = wakes()
    const seconds = 5
    while ((await now()) < begun + seconds) {
      await row(`SELECT pg_notify('public.eram_insert', 'default'), pg_notify('public.eram_stage', ''),
        pg_notify('public.eram_signal', '{"action":"rouse"}'), pg_notify('public.eram_signal', '{"action":"crons"}')`)
    }
    assert.deepEqual(wakes(), before)
    const looks = (await statements(begun)).length
    // One a second each, and what the plugins had begun.
    assert.ok(looks <= nodes.length * 3 * (seconds + 2), `${looks} statements`)
    // A row does.
    const id = await enqueue()
    await done(id)
    for (const [i, node] of nodes.entries()) assert.equal((await woken(node, before[i] ?? 0)).reason, 'notified')
  }))

test('a scheduled job wakes sleeping engines in time', () =>
  withSleepers(async (cluster) => {
    const { nodes, row, start, asleep, wakes, woken, enqueue, done } = cluster
    await start(2)
    await asleep()
    const id = await enqueue({ schedule_in: 75 })
    await until(() => assert.ok(wakes().every((count) => count === 1)))
    await asleep()
    const before = wakes()
    assert.equal((await done(id)).late < 5, true, 'it did not wait for the longest sleep')
    const events = await Promise.all(nodes.map((node, i) => woken(node, before[i] ?? 0)))
    assert.ok(
      events.some(({ reason }) => reason === 'due'),
      'one woke by itself, and the others may have been notified',
    )
    const { staged } = await row('SELECT attempted_at >= scheduled_at AS staged FROM eram_jobs WHERE id = $1', [id])
    assert.ok(staged, 'not before it was due')
  }))

test('engines that are left perform a job after others died asleep', () =>
  withSleepers(async ({ nodes, row, start, asleep, enqueue, done }) => {
    await start(3)
    await asleep()
    // One of them was the sentinel of the queue, and one the leader.
    const [last, ...dead] = /** @type {[typeof nodes[0], ...typeof nodes]} */ (nodes)
    await Promise.all(dead.map((node) => node.kill()))
    await done(await enqueue())
    assert.deepEqual(
      last
        .eventsOf('engine:wake')
        .map(({ reason }) => reason)
        .includes('notified'),
      true,
    )
    await until(async () => assert.equal((await row('SELECT count(*)::int FROM eram_producers')).count, 1, 'the dead are removed'))
  }))

test('a transaction that has inserted a job keeps engines awake until it ends', () =>
  withSleepers(async ({ url, nodes, row, start, asleep, done }) => {
    const other = await sql(url)
    try {
      await other.rows('BEGIN')
      const { id } = await other.row(`SELECT id::int FROM eram_enqueue_job('{"worker": "EffectJob", "notify": false}')`)
      await start(2)
      const resting = () => row('SELECT bool_and(resting) AS all FROM eram_producers')
      await until(async () => assert.equal((await resting()).all, true), { timeout: 120_000 })
      // What they ask when they rest.
      assert.deepEqual(await row('SELECT eram_begin_sleep() AS granted'), { granted: false })
      await other.rows('COMMIT')
      await done(id)
      assert.deepEqual(nodes.flatMap((node) => node.eventsOf('engine:sleep')).length, 0)
      await asleep()
    } finally {
      await other.end()
    }
  }))

test('the death of a node with the first job after a sleep is noticed by those that slept', () =>
  withSleepers(async ({ nodes, rows, start, asleep, enqueue, done }) => {
    await start(2)
    await asleep()
    const id = await enqueue({ args: { hang: 'before' } })
    const holder = await until(() => {
      const found = nodes.find((node) => node.eventsOf('job:log').some(({ job }) => job.id === id))
      assert.ok(found)
      return found
    })
    await holder.kill()
    // So that the test does not wait for its silence.
    await rows(`UPDATE eram_producers SET updated_at = updated_at - interval '1 minute' WHERE node = $1`, [holder.name])
    const job = await done(id)
    assert.equal(job.attempt, 2)
  }))

test('a node that is frozen asleep delays no job, and begins anew', () =>
  withSleepers(async ({ nodes, rows, start, asleep, enqueue, done }) => {
    await start(2)
    await asleep()
    const [frozen, other] = /** @type {[typeof nodes[0], typeof nodes[0]]} */ (nodes)
    await frozen.freeze()
    await done(await enqueue())
    await rows(`DELETE FROM eram_producers WHERE node = $1`, [frozen.name])
    frozen.thaw()
    await frozen.waitForEvent('producer:lost')
    await done(await enqueue())
    await asleep([frozen, other])
  }))

test('a node that starts wakes sleeping engines, and one that does not sleep keeps them awake', () =>
  withSleepers(async ({ nodes, row, start, asleep, wakes, woken }) => {
    await start(1)
    await asleep()
    const before = wakes()
    await start(1, { idle: false })
    const [first] = /** @type {[typeof nodes[0]]} */ (/** @type {unknown} */ (nodes))
    assert.equal((await woken(first, before[0] ?? 0)).reason, 'notified')
    await until(
      async () =>
        assert.deepEqual(await row('SELECT bool_or(resting) AS one, bool_and(resting) AS all FROM eram_producers'), {
          one: true,
          all: false,
        }),
      {
        timeout: 120_000,
      },
    )
    await nodes[1]?.signal('SIGKILL')
    await row(`DELETE FROM eram_producers WHERE node = 'node-1' RETURNING uuid`)
    await asleep([first])
  }))

test('a connection that breaks wakes a sleeping engine, and it listens again', () =>
  withSleepers(async ({ nodes, rows, start, asleep, wakes, woken, enqueue, done }) => {
    await start(1)
    await asleep()
    const before = wakes()
    await rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE 'node-%listen'`)
    const [node] = /** @type {[typeof nodes[0]]} */ (/** @type {unknown} */ (nodes))
    assert.equal((await woken(node, before[0] ?? 0)).reason, 'connection')
    await asleep()
    await done(await enqueue())
  }))

test('an engine is ready while it sleeps, shows it, and wakes for a call of its own', () =>
  withSleepers(async ({ url, row }) => {
    const options = { url, queues: { default: 1 }, heartbeat_interval: 500, idle: { after: 1000, longest: '1h' }, logger: false }
    const engine = await EramEngine.start(/** @type {any} */ (options))
    try {
      const slept = new Promise((resolve) => engine.once('engine:sleep', resolve))
      await slept
      assert.equal((await engine.status()).asleep, true)
      const health = await engine.health()
      assert.deepEqual([health.ready, health.checks.database?.ok], [true, true])
      const last = () => row(`SELECT max(query_start)::text AS at FROM pg_stat_activity WHERE application_name LIKE 'eramjs%'`)
      const before = await last()
      assert.match(await engine.prometheus(), /^eram_info/m)
      assert.deepEqual(await last(), before, 'a scrape asks the database nothing')
      // Counted from the next heartbeat, which is still to come.
      assert.deepEqual(
        (await engine.nodes()).map(({ asleep, age_ms }) => ({ asleep, age_ms })),
        [{ asleep: true, age_ms: 0 }],
      )
      assert.deepEqual((await row('SELECT count(*)::int FROM pg_stat_activity WHERE application_name = $1', ['eramjs listen'])).count, 1)
      const woken = new Promise((resolve) => engine.once('engine:wake', resolve))
      await engine.pause({ queue: 'default', force: true })
      await engine.resume({ queue: 'default', force: true })
      assert.equal((await woken).event, 'engine:wake')
      assert.equal((await engine.status()).asleep, false)
    } finally {
      await engine.stop()
    }
  }))

test('a tick of a cron entry wakes a sleeping engine in time', () =>
  withSleepers(async ({ nodes, start, asleep, woken }) => {
    await start(1, { cron: [['* * * * *', 'EffectJob']] })
    const [node] = /** @type {[typeof nodes[0]]} */ (/** @type {unknown} */ (nodes))
    await asleep()
    assert.equal((await woken(node, node.eventsOf('engine:wake').length)).reason, 'due')
    const ticks = node.eventsOf('cron:insert').length
    await until(() => assert.ok(node.eventsOf('cron:insert').length > ticks), { timeout: 70_000 })
    assert.ok(node.eventsOf('cron:insert').every(({ late }) => late === false))
  }))
