// Nodes are killed, frozen and stopped, connections cut and the server brought down at random, under thousands of jobs of all
// kinds; then all is left alone, ends, and is looked at. `npm run test:chaos` does it for three minutes with 30,000 jobs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../support/until.js'
import { enqueueAll } from './callers.js'
import { withCluster } from './cluster.js'
import { cutConnections, disturbServer, Nodes, rewindCrons } from './faults.js'
import { FRUITFUL, KINDS, NODES, planOf, QUEUES, YEARLY } from './plan.js'
import { lifeOf, verdict } from './verdict.js'

const SEED = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 32))
const SECONDS = Number(process.env.CHAOS_SECONDS ?? 12)
const JOBS = Number(process.env.CHAOS_JOBS ?? 2000)
/** How long it may take until all jobs have ended when nothing befalls them any more: a silence, its notice, and a busy machine. */
const CALM = 120_000

/** @typedef {(name: string, holds: () => Promise<unknown>) => Promise<void>} Fact */

test(`${JOBS} jobs survive ${SECONDS} s of chaos`, { timeout: SECONDS * 1000 + CALM + 300_000 }, (t) =>
  withCluster(async (cluster) => {
    t.diagnostic(`CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS} CHAOS_JOBS=${JOBS}`)
    const nodes = new Nodes(cluster)
    let isSilent = false
    const report = () => {
      if (!isSilent) console.error(['What was done:', ...cluster.timeline, 'What nodes told:', ...nodes.events()].join('\n'))
      isSilent = true
    }
    /** @type {Fact} */
    const fact = (name, holds) =>
      t.test(name, async () => {
        try {
          await holds()
        } catch (error) {
          report()
          throw error
        }
      })
    // Also after an unhandled rejection.
    const atExit = () => {
      nodes.killAll()
      report()
    }
    process.on('exit', atExit)
    try {
      await chaos(cluster, nodes)
      t.diagnostic(`calm after ${(await calm(cluster)).toFixed(1)} s`)
      await cluster.rows('UPDATE eram_crons SET paused = true')
      await fact('only living nodes are on record', () => onlyLiving(cluster))
      await nodes.stopAll()
      await fact('each node ended as it was told to', async () => assert.deepEqual(nodes.failures, []))
      t.diagnostic(await judge(fact, cluster))
      isSilent = true
    } finally {
      atExit()
      process.off('exit', atExit)
    }
  }),
)

/** @param {import('./cluster.js').Cluster} cluster @param {Nodes} nodes */
async function chaos(cluster, nodes) {
  const plan = planOf({ seed: SEED, seconds: SECONDS, jobs: JOBS })
  const rows = plan.batches.flatMap(({ name, way, drafts }) =>
    drafts.map(({ key, args: { kind } }) => ({ key, batch: name, way, kind, ends: KINDS[kind].ends, fruitful: FRUITFUL.includes(kind) })),
  )
  await cluster.rows(
    `INSERT INTO plan SELECT p.key, p.batch, p.way, p.kind, ARRAY(SELECT jsonb_array_elements_text(p.ends)), p.fruitful
     FROM jsonb_to_recordset($1) AS p(key text, batch text, way text, kind text, ends jsonb, fruitful boolean) ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  )
  await nodes.startAll()
  cluster.begin()
  const over = new AbortController()
  const rewinding = rewindCrons(cluster, over.signal)
  await Promise.all([
    enqueueAll(cluster, plan.batches),
    ...NODES.map((name, i) => nodes.disturb(name, plan.nodes[i] ?? [])),
    disturbServer(cluster, plan.server),
    cutConnections(cluster, plan.cuts),
    cluster.moment(SECONDS * 1000),
  ])
  over.abort()
  await rewinding
  cluster.note('calm begins')
}

/** Resolves with the seconds it took until nothing was left to do. @param {import('./cluster.js').Cluster} cluster */
async function calm({ rows, note, now }) {
  const began = now()
  await until(
    async () => {
      const left = await rows(
        `SELECT state, queue, count(*)::int AS jobs FROM eram_jobs
         WHERE state NOT IN ('completed', 'discarded', 'cancelled') GROUP BY 1, 2
         UNION ALL
         SELECT 'scheduled', name, 1 FROM eram_crons WHERE name = ANY ($1) AND last_at IS NULL`,
        [YEARLY],
      )
      assert.deepEqual(left, [], `what has not ended within ${CALM} ms`)
    },
    { timeout: CALM, interval: 250 },
  )
  note('all is done')
  return (now() - began) / 1000
}

/** @param {import('./cluster.js').Cluster} cluster */
function onlyLiving({ rows }) {
  const queues = Object.keys(QUEUES).sort()
  const living = NODES.flatMap((node) => queues.map((queue) => ({ node, queue })))
  return until(
    async () => {
      assert.deepEqual(await rows('SELECT node, queue FROM eram_producers ORDER BY node, queue'), living)
      assert.deepEqual(await rows(`SELECT id FROM eram_jobs WHERE state = 'executing'`), [])
    },
    { timeout: 60_000, interval: 250 },
  )
}

/** @param {Fact} fact @param {import('./cluster.js').Cluster} cluster @returns {Promise<string>} how the jobs have ended */
async function judge(fact, { pool }) {
  const client = await pool.connect()
  try {
    for await (const { fact: name, offenders, breached } of verdict(client)) {
      await fact(name, async () => {
        const ids = [...new Set(offenders.slice(0, 3).map(({ id, job }) => id ?? job))].filter(Boolean)
        for (const id of ids) console.error(JSON.stringify(await lifeOf(client, id), undefined, 1))
        assert.deepEqual(offenders.slice(0, 10), [], `${offenders.length} rows are against it`)
        assert.ok(breached > 0, 'a breach was not found')
      })
    }
    const { rows } = await client.query(
      `SELECT coalesce(p.kind, j.meta->>'cron_name', j.worker) AS kind, j.state, count(*)::int AS jobs, sum(j.crashes)::int AS crashes
       FROM eram_jobs AS j LEFT JOIN plan AS p ON p.key = j.args->>'key' GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    return rows.map(({ kind, state, jobs, crashes }) => `${kind}: ${jobs} ${state}${crashes ? ` after ${crashes} crashes` : ''}`).join('; ')
  } finally {
    client.release()
  }
}
