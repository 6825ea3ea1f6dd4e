// What two nodes write into eram_metrics is what they have done.
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { test } from 'node:test'
import { until, withSchema } from '../support/database.js'

/** @typedef {import('../support/database.js').Schema} Schema */

const PROGRAM = path.join(import.meta.dirname, 'programs/node.js')
const QUEUES = ['one', 'two', 'three']
const CLASSES = ['A', 'B', 'C', 'D', 'E', 'F']

/** The state in which each outcome leaves a job, by the name of its count. */
const STATES = { success: 'completed', failure: 'retryable', discard: 'discarded', cancelled: 'cancelled', snoozed: 'scheduled' }
const OUTCOMES = Object.keys(STATES)

/** @param {Schema} schema @param {string} node */
async function start({ url, prefix }, node) {
  const queues = Object.fromEntries(QUEUES.map((queue) => [queue, { limit: 50, isolation: 'main' }]))
  const child = fork(PROGRAM, [JSON.stringify({ url, prefix, node, queues })], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const exited = once(child, 'exit')
  await Promise.race([once(child, 'message'), exited.then(([code]) => assert.fail(`${node}: exited with ${code}`))])
  return {
    async stop() {
      child.send('stop')
      assert.deepEqual(await exited, [0, null])
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Enqueues jobs without an engine. @param {Schema} schema @param {number} count */
const enqueue = ({ rows }, count) =>
  rows(
    `SELECT count(*) FROM eram_enqueue_jobs((
       SELECT jsonb_agg(jsonb_build_object(
         'worker', ($2::text[])[1 + n % 6], 'queue', ($3::text[])[1 + (n / 6) % 3],
         'args', jsonb_build_object('outcome', ($4::text[])[1 + n % 5]),
         'max_attempts', CASE WHEN n % 5 = 2 THEN 1 ELSE 5 END))
       FROM generate_series(0, $1 - 1) AS n))`,
    [count, CLASSES, QUEUES, OUTCOMES],
  )

/** How many have ended with each outcome, by queue and class. @param {Schema} schema */
async function ended({ rows }) {
  const counts = Object.entries(STATES).map(
    ([name, state]) => `count(*) FILTER (WHERE state = '${state}' AND attempted_at IS NOT NULL)::int AS ${name}`,
  )
  return rows(`SELECT queue, worker, ${counts} FROM eram_jobs GROUP BY queue, worker ORDER BY queue, worker`)
}

/** The same by the rows of nodes. @param {Schema} schema */
async function recorded({ rows }) {
  const counts = OUTCOMES.map((name, n) => `sum((s->2->>${n})::int)::int AS ${name}`)
  return rows(`SELECT s->>0 AS queue, s->>1 AS worker, ${counts} FROM eram_metrics AS m, jsonb_array_elements(m.data->'s') AS s
    WHERE m.step = 10 AND m.node <> '*' GROUP BY 1, 2 ORDER BY 1, 2`)
}

/** @param {Schema} schema */
const untilDone = ({ row }) =>
  until(
    async () => {
      const { left } = await row(`SELECT count(*)::int AS left FROM eram_jobs WHERE state IN ('available', 'executing')`)
      assert.equal(left, 0)
    },
    { timeout: 120_000, interval: 100 },
  )

test('the rows of two nodes add up to the outcomes of 10,000 jobs, by queue and class', () =>
  withSchema(async (schema) => {
    const nodes = await Promise.all([start(schema, 'node-1'), start(schema, 'node-2')])
    try {
      for (let n = 0; n < 10; n++) await enqueue(schema, 1000)
      await untilDone(schema)
      await Promise.all(nodes.map((node) => node.stop()))
      const expected = await ended(schema)
      assert.equal(expected.length, 18)
      assert.deepEqual(await recorded(schema), expected)
      const of = await schema.rows(`SELECT DISTINCT node FROM eram_metrics WHERE node <> '*' ORDER BY node`)
      assert.deepEqual(
        of.map(({ node }) => node),
        ['node-1', 'node-2'],
      )
    } finally {
      await Promise.all(nodes.map((node) => node.kill()))
    }
  }))

test('a killed node loses what it counted since its last row, and no row says more than was done', () =>
  withSchema(async (schema) => {
    const node = await start(schema, 'killed')
    try {
      const first = () => schema.row(`SELECT count(*)::int AS rows FROM eram_metrics WHERE node = 'killed'`)
      await until(
        async () => {
          await enqueue(schema, 50)
          assert.ok((await first()).rows > 0)
        },
        { timeout: 60_000, interval: 200 },
      )
      await enqueue(schema, 200)
      await untilDone(schema)
      await node.kill()
      // Acks are counted after their commit, and the node follows the database's clock from heartbeat to heartbeat.
      const { since } = await schema.row(`SELECT max(bucket) + interval '5 seconds' AS since FROM eram_metrics WHERE node = 'killed'`)
      const late = await schema.rows('SELECT queue, worker, count(*)::int AS n FROM eram_jobs WHERE completed_at >= $1 GROUP BY 1, 2', [
        since,
      ])
      const known = await recorded(schema)
      for (const { queue, worker, success } of await ended(schema)) {
        const at = (/** @type {any} */ it) => it.queue === queue && it.worker === worker
        const lost = success - (known.find(at)?.success ?? 0)
        assert.ok(lost >= 0 && lost <= (late.find(at)?.n ?? 0), `${queue}, ${worker}: ${lost} of ${success} lost`)
      }
      assert.ok(known.length > 0)
    } finally {
      await node.kill()
    }
  }))
