// A node is killed with SIGKILL while it holds jobs at every point of an attempt, and another node runs them again.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/database.js'
import { freezeAhead, teachToClaimAhead, withNodes } from './nodes.js'

const QUEUES = { begun: 5, done: 5, last: 5, cancelled: 5, isolated: 5, unwritten: 5, ahead: 1 }
const FINAL = ['completed', 'discarded', 'cancelled']

// One death for all of these facts.
test('a killed node', (t) =>
  withNodes(async (cluster) => {
    const { schema, start, connect, enqueue, jobs, presumeDead } = cluster
    const gate = await connect()
    const { pid: key } = await gate.row('SELECT pg_backend_pid() AS pid')
    await gate.rows('SELECT pg_advisory_lock($1)', [key])
    const killed = await start('killed', { queues: QUEUES })
    await teachToClaimAhead(cluster, 'ahead')
    const begun = await enqueue(Array(3).fill({ queue: 'begun', args: { hang: 'before' } }))
    const done = await enqueue(Array(3).fill({ queue: 'done', args: { hang: 'after' } }))
    const last = await enqueue([{ queue: 'last', args: { hang: 'before' }, max_attempts: 1 }])
    const cancelled = await enqueue([{ queue: 'cancelled', args: { hang: 'before' } }])
    const isolated = await enqueue([{ worker: 'IsolatedJob', queue: 'isolated', args: { hang: 'before' } }])
    const unwritten = await enqueue([{ queue: 'unwritten', args: { lock: key } }])
    await killed.waitForLog([...begun, ...last, ...cancelled, ...isolated, ...unwritten], 'begun')
    await killed.waitForLog(done, 'done')
    await schema.rows('UPDATE eram_jobs SET cancel_requested_at = now() WHERE id = ANY ($1)', [cancelled])

    // The server cannot write this outcome, while the heartbeats of the node go on.
    const lock = await connect()
    await lock.rows('BEGIN')
    await lock.rows('SELECT FROM eram_jobs WHERE id = ANY ($1) FOR UPDATE', [unwritten])
    const { pid } = await lock.row('SELECT pg_backend_pid() AS pid')
    await gate.end()
    await killed.waitForLog(unwritten, 'done')
    await until(async () =>
      assert.notDeepEqual(await schema.rows('SELECT pid FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid))', [pid]), []),
    )
    const beat = async () => (await schema.row('SELECT max(updated_at) AS at FROM eram_producers')).at
    const before = await beat()
    await until(async () => assert.ok((await beat()) > before))

    const { ids: ahead, claimed } = await freezeAhead(cluster, killed, 'ahead')
    const unbegun = claimed.slice(1)

    const rescuer = await start('rescuer', { queues: QUEUES })
    // The server must not go on with what the node asked of it.
    await schema.rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE starts_with(application_name, 'killed')`)
    await lock.end()
    const { at } = await schema.row('SELECT clock_timestamp() AS at')
    await killed.kill()
    await presumeDead('killed')

    const lost = [...begun, ...done, ...last, ...cancelled, ...isolated, ...unwritten, ...claimed]
    await until(
      async () => {
        const late = (await jobs([...lost, ...ahead])).filter(({ state }) => !FINAL.includes(state))
        assert.deepEqual(
          late.map(({ id, queue, state }) => ({ id, queue, state })),
          [],
        )
      },
      { interval: 100 },
    )
    const effects = await schema.rows('SELECT job::int, attempt FROM effects ORDER BY at')
    /** @param {number[]} ids */
    const attempts = (ids) => ids.map((id) => effects.filter(({ job }) => job === id).map(({ attempt }) => attempt))
    /** @param {number[]} ids */
    const assertRunAgain = async (ids) => {
      for (const { state, attempt, errors, meta, attempted_by } of await jobs(ids)) {
        assert.deepEqual([state, attempt, meta.rescued, attempted_by[0]], ['completed', 2, 1, 'rescuer'])
        const [{ kind, attempt: first, name, message, attempted_by: by }, ...more] = errors
        assert.deepEqual([kind, first, name, message], ['lost', 1, 'JobLost', 'node killed was lost while the job ran'])
        assert.deepEqual([by[0], more], ['killed', []])
      }
    }

    await t.test('has what it was running run again on another, with the lost attempt on record', async () => {
      await assertRunAgain([...begun, ...isolated])
      assert.deepEqual(attempts([...begun, ...isolated]), [[2], [2], [2], [2]])
    })

    await t.test('leaves effects of attempts that are recorded as lost; they come twice', async () => {
      await assertRunAgain(done)
      assert.deepEqual(attempts(done), Array(3).fill([1, 2]))
    })

    await t.test('leaves outcomes unwritten; those jobs run again', async () => {
      await assertRunAgain(unwritten)
      assert.deepEqual(attempts(unwritten), [[1, 2]])
    })

    await t.test('had claimed jobs ahead; each runs once', async () => {
      await assertRunAgain(claimed)
      assert.deepEqual(
        attempts(unbegun),
        unbegun.map(() => [2]),
      )
      const rest = ahead.filter((id) => !claimed.includes(id))
      assert.deepEqual(
        attempts(rest),
        rest.map(() => [1]),
      )
    })

    await t.test('has a job at its last attempt discarded', async () => {
      const [{ state, attempt, errors, discarded_at }] = await jobs(last)
      assert.deepEqual([state, attempt, errors.map((/** @type {any} */ { kind }) => kind)], ['discarded', 1, ['lost']])
      assert.ok(discarded_at >= at)
    })

    await t.test('has a job cancelled for which that was requested', async () => {
      const [{ state, attempt, cancelled_at }] = await jobs(cancelled)
      assert.deepEqual([state, attempt, attempts(cancelled)], ['cancelled', 1, [[]]])
      assert.ok(cancelled_at >= at)
    })

    await t.test('is reported by its rescuer, once for each job', async () => {
      /** @param {number[]} ids */
      const sorted = (ids) => ids.toSorted((a, b) => a - b)
      await until(() => assert.deepEqual(sorted(rescuer.eventsOf('job:rescued').map(({ job }) => job.id)), sorted(lost)))
    })

    await t.test('takes its job processes with it', () => {
      const [said] = killed.eventsOf('job:log').filter(({ message }) => message.startsWith('pid '))
      const child = Number(said.message.slice(4))
      return until(() => assert.throws(() => process.kill(child, 0), { code: 'ESRCH' }))
    })

    await t.test('leaves no executing job and no producer', async () => {
      assert.deepEqual(await schema.rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`), [])
      assert.deepEqual(await schema.rows(`SELECT uuid FROM eram_producers WHERE node = 'killed'`), [])
    })
  }))
