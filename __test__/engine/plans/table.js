// Fills a table of any size. The numbers of jobs that run, are due or belong to silent producers are the same in a large table as in
// a small one, as these grow with the nodes; all others grow with the table.

/** @typedef {import('../../support/database.js').Schema} Schema */

export const LIVE = '00000000-0000-4000-8000-000000000001'
export const GONE = '00000000-0000-4000-8000-000000000002'
export const BOOT = '00000000-0000-4000-8000-000000000003'
export const NODE = 'plans'

/** Of each kind below. */
const FEW = 300

/**
 * Inserts a living producer, a silent one, a leader and a cron entry.
 * @param {Schema} schema
 */
export async function people({ rows }) {
  await rows(
    `INSERT INTO eram_producers (uuid, name, node, queue, job_limit, meta, workers, oldest_at, updated_at)
     SELECT u.uuid, 'eram', $4, 'default', 100, jsonb_build_object('boot', $3::text), '{Noop}', now() - interval '5 minutes', now() - u.age
     FROM (VALUES ($1::uuid, interval '0'), ($2::uuid, interval '1 minute')) AS u(uuid, age)`,
    [LIVE, GONE, BOOT, NODE],
  )
  await rows(`INSERT INTO eram_peers (name, node, owner, expires_at) VALUES ('eram', $1, $2, now() + interval '1 day')`, [NODE, BOOT])
  await rows(`INSERT INTO eram_crons (name, expression, worker, last_at) VALUES ('tick', '* * * * *', 'Noop', now() - interval '1 hour')`)
}

const COLUMNS = `queue, worker, args, state, attempt, inserted_at, scheduled_at, attempted_at, completed_at, discarded_at, attempted_by,
  version, version_rule, unique_key, unique_states`
const ARGS = `jsonb_build_object('n', n, 'text', repeat('x', 60))`

/**
 * Nine in ten: two thirds have ended over the last thirty days, a third is scheduled for the next thirty.
 * @param {Schema} schema
 * @param {number} jobs
 */
export async function past({ rows }, jobs) {
  await rows(
    `INSERT INTO eram_jobs (${COLUMNS})
     SELECT
       (ARRAY['default', 'mail', 'rare'])[1 + n / 3 % 3], (ARRAY['Noop', 'Other'])[1 + n % 2], ${ARGS},
       CASE WHEN n % 3 = 0 THEN 'scheduled' WHEN n % 50 = 1 THEN 'discarded' ELSE 'completed' END::eram_job_state, 1, past,
       CASE WHEN n % 3 = 0 THEN now() + interval '1 minute' + n * interval '30 days' / $1::integer ELSE past END,
       CASE WHEN n % 3 > 0 THEN past END, CASE WHEN n % 3 > 0 THEN past END, CASE WHEN n % 50 = 1 THEN past END,
       CASE WHEN n % 3 > 0 THEN ARRAY['before', gen_random_uuid()::text] END, NULL, NULL,
       CASE WHEN n % 100 = 0 THEN int4send(n) || int4send($1) END, CASE WHEN n % 100 = 0 THEN '{scheduled,completed}'::eram_job_state[] END
     FROM generate_series(1, $1::integer * 9 / 10) AS n, LATERAL (
       SELECT now() - interval '10 minutes' - interval '30 days' * (1 - n::float8 / $1)) AS p(past)`,
    [jobs],
  )
}

/**
 * One in ten waits.
 * @param {Schema} schema
 * @param {number} jobs
 */
export async function wait({ rows }, jobs) {
  await rows(
    `INSERT INTO eram_jobs (${COLUMNS})
     SELECT (ARRAY['default', 'mail'])[1 + n / 2 % 2], (ARRAY['Noop', 'Other'])[1 + n % 2], ${ARGS}, 'available', 0, now(), now(), NULL, NULL, NULL, NULL,
       CASE WHEN n % 10 = 0 THEN '1.0' END, CASE WHEN n % 10 = 0 THEN 'pinned' END, NULL, NULL
     FROM generate_series(1, $1::integer / 10) AS n`,
    [jobs],
  )
}

/**
 * Some of what has ended had failed attempts.
 * @param {Schema} schema
 */
export async function failures({ rows }) {
  await rows(
    `INSERT INTO eram_attempts (job_id, nth, attempt, status, started_at, ended_at, error)
     SELECT j.id, 1, 1, 'failure', j.attempted_at, j.attempted_at, '{"message":"x 1"}' FROM eram_jobs AS j WHERE j.state = 'discarded'
     ON CONFLICT DO NOTHING`,
  )
  await rows(
    `INSERT INTO eram_cron_runs (name, job_id, tick)
     SELECT 'tick', j.id, j.inserted_at FROM (SELECT * FROM eram_jobs ORDER BY id DESC LIMIT 100) AS j ON CONFLICT DO NOTHING`,
  )
}

/**
 * Inserts jobs that are due, and jobs that run: for the living producer, for the silent one, and for one without a row.
 * @param {Schema} schema
 */
export async function begin({ rows }) {
  await rows(
    `INSERT INTO eram_jobs (queue, worker, state, attempt, max_attempts, scheduled_at, attempted_at, attempted_by)
     SELECT
       'default', 'Noop', CASE WHEN kind = 'due' THEN 'retryable' WHEN kind = 'exhausted' THEN 'available' ELSE 'executing' END::eram_job_state,
       1, CASE WHEN kind = 'exhausted' THEN 1 ELSE 20 END, now() - interval '1 second',
       CASE WHEN producer IS NOT NULL THEN now() - interval '2 minutes' END, CASE WHEN producer IS NOT NULL THEN ARRAY['plans', producer::text] END
     FROM
       (VALUES ('due', NULL), ('exhausted', NULL), ('held', $1::uuid), ('lost', $2), ('stray', gen_random_uuid())) AS k(kind, producer),
       generate_series(1, $3::integer) AS n`,
    [LIVE, GONE, FEW],
  )
}
