// The table of a busy application after a month: a million jobs in eight queues, of forty classes, 25 cron entries, and two nodes. The
// dashboard is measured and tested on it. Nothing works on these jobs.

/** @typedef {(text: string, values?: unknown[]) => Promise<unknown>} Query  of a connection whose search path has the tables */

export const LARGE = 1_000_000

/**
 * Of a million, by state. Completed ones fill up the rest. What waits for a node, runs, or is tried again is among the newest tenth.
 * @type {Record<'older' | 'newest', Record<string, number>>}
 */
const STATES = {
  older: { scheduled: 15_889, cancelled: 21_178, discarded: 22_263 },
  newest: { available: 10_000, executing: 500, retryable: 4_716, scheduled: 6_000, cancelled: 2_353, discarded: 2_474 },
}

export const QUEUES = ['default', 'emails', 'media', 'reports', 'imports', 'exports', 'billing', 'search']
export const CRONS = 25
const CLASSES = 40
const NODES = 2

/** A prime, by which the states of a block lie in no order. */
const MIX = 514_229

/** The text that a single job has in its args as `ref`, in SQL. */
const REF = `pg_catalog.md5(n::text) || pg_catalog.md5((n + 1)::text)`

/** A text of n for a producer, in SQL. */
const PRODUCER = `'00000000-0000-4000-8000-' || pg_catalog.lpad((n % ${QUEUES.length} * ${NODES} + n / ${QUEUES.length} % ${NODES})::text, 12, '0')`
const NODE = `'web-' || 1 + n / ${QUEUES.length} % ${NODES}`
const QUEUE = `(ARRAY['${QUEUES.join("','")}'])[1 + n % ${QUEUES.length}]`

/** Fills the tables of a migrated schema, which are empty. @param {Query} query @param {number} [jobs] */
export async function fillLarge(query, jobs = LARGE) {
  const edge = Math.round(jobs * 0.9)
  await query('ALTER TABLE eram_jobs SET (autovacuum_enabled = false)')
  await fillCluster(query)
  await fillBlock(query, STATES.older, 1, edge, jobs)
  await fillBlock(query, STATES.newest, edge + 1, jobs, jobs)
  await fillHistory(query)
  await query('VACUUM ANALYZE')
}

/** @param {Query} query @param {Record<string, number>} shares @param {number} from @param {number} to @param {number} jobs */
async function fillBlock(query, shares, from, to, jobs) {
  const size = to - from + 1
  let until = 0
  const cases = Object.entries(shares).map(([state, share]) => {
    until += Math.round((share * jobs) / LARGE)
    return `WHEN p < ${until} THEN '${state}'`
  })
  await query(
    `INSERT INTO eram_jobs (queue, worker, args, meta, tags, priority, state, attempt, max_attempts, errors, inserted_at, scheduled_at,
       attempted_at, attempted_by, completed_at, cancelled_at, discarded_at)
     SELECT
       ${QUEUE}, 'Job' || n % ${CLASSES},
       pg_catalog.jsonb_build_object('user_id', n % 50000, 'email', 'user' || n % 50000 || '@example.com', 'plan', (ARRAY['free', 'pro', 'team'])[1 + n % 3],
         'total', n % 10000 / 100.0, 'ref', ${REF}),
       CASE WHEN n % 50 = 0 THEN pg_catalog.jsonb_build_object('cron', true, 'cron_name', 'cron-' || n / 50 % ${CRONS}) ELSE '{}' END,
       CASE WHEN n % 100 = 0 THEN '{vip}' ELSE '{}' END::text[], n % 4, state::eram_job_state,
       CASE WHEN state IN ('available', 'scheduled') THEN 0 WHEN state = 'discarded' THEN 20 ELSE 1 END, 20,
       CASE WHEN state IN ('retryable', 'discarded') THEN ARRAY[pg_catalog.jsonb_build_object(
         'name', 'SmtpError', 'kind', 'error', 'message', 'SMTP ' || 400 + n % 20 || ' timeout', 'stack', 'SmtpError: timeout')]
       ELSE '{}' END::jsonb[],
       at,
       CASE WHEN state = 'scheduled' THEN now() + interval '1 hour' + interval '30 days' * (n % 1000) / 1000
         WHEN state = 'retryable' THEN now() + interval '1 hour' + interval '1 second' * (n % 3600) ELSE at END,
       CASE WHEN state = 'executing' THEN now() - interval '1 second' * (n % 600) WHEN has_run THEN at + interval '1 second' * (n % 10) END,
       CASE WHEN has_run THEN ARRAY[${NODE}, ${PRODUCER}] END,
       CASE WHEN state = 'completed' THEN ended END, CASE WHEN state = 'cancelled' THEN ended END, CASE WHEN state = 'discarded' THEN ended END
     FROM (
       SELECT n, state, state NOT IN ('available', 'scheduled') AS has_run, at, at + interval '1 second' * (n % 10) + interval '5 ms' * (n % 1000) AS ended
       FROM (
         SELECT n, CASE ${cases.join(' ')} ELSE 'completed' END AS state, now() - interval '30 days' * (1.001 - n::float8 / ${jobs}) AS at
         FROM (SELECT n, n::bigint * ${MIX} % ${size} AS p FROM pg_catalog.generate_series(${from}, ${to}) AS n) AS b
         OFFSET 0
       ) AS s
     ) AS j`,
  )
}

/** @param {Query} query */
async function fillCluster(query) {
  await query(
    `INSERT INTO eram_producers (uuid, name, node, queue, job_limit, meta, workers)
     SELECT (${PRODUCER})::uuid, 'eram', ${NODE}, ${QUEUE}, 40,
       pg_catalog.jsonb_build_object('boot', '00000000-0000-4000-9000-00000000000' || n / ${QUEUES.length} % ${NODES}, 'host', 'host', 'pid', 1),
       ARRAY(SELECT 'Job' || c FROM pg_catalog.generate_series(0, ${CLASSES - 1}) AS c)
     FROM pg_catalog.generate_series(0, ${QUEUES.length * NODES - 1}) AS n`,
  )
  await query(
    `INSERT INTO eram_workers (worker, options)
     SELECT 'Job' || n, pg_catalog.jsonb_build_object('name', 'Job' || n) FROM pg_catalog.generate_series(0, ${CLASSES - 1}) AS n`,
  )
  await query(
    `INSERT INTO eram_crons (name, expression, worker, last_at)
     SELECT 'cron-' || n, n || ' 3 * * *', 'Job' || n, now() - interval '1 hour' FROM pg_catalog.generate_series(0, ${CRONS - 1}) AS n`,
  )
}

/** What nodes report, the runs of cron entries, and the attempts that failed. @param {Query} query */
async function fillHistory(query) {
  await query(
    `UPDATE eram_producers AS p SET running = r.jobs, running_ids = r.ids
     FROM (
       SELECT attempted_by[2]::uuid AS uuid, count(*)::int AS jobs, (pg_catalog.array_agg(id ORDER BY id))[:100] AS ids
       FROM eram_jobs WHERE state = 'executing' GROUP BY 1
     ) AS r
     WHERE p.uuid = r.uuid`,
  )
  await query(
    `INSERT INTO eram_cron_runs (name, job_id, tick)
     SELECT name, id, inserted_at FROM (
       SELECT meta->>'cron_name' AS name, id, inserted_at, pg_catalog.row_number() OVER (PARTITION BY meta->>'cron_name' ORDER BY id DESC) AS nth
       FROM eram_jobs WHERE meta ? 'cron_name'
     ) AS r WHERE nth <= 60`,
  )
  await query(
    `INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, attempted_by, error)
     SELECT id, 1, attempt, CASE state WHEN 'discarded' THEN 'discard' ELSE 'failure' END, attempted_at,
       coalesce(discarded_at, attempted_at + interval '1 second'), attempted_by, errors[1]
     FROM eram_jobs WHERE state IN ('discarded', 'retryable')`,
  )
}
