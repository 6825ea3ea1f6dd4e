// What must be true when all is over: for each fact the rows that are against it, and a breach of it that shows that they would
// be found.
import { NODES, QUEUES, YEARLY } from './plan.js'

/** @typedef {{ fact: string, offenders: string, breach: string }} Check */

// A claim is a job with the moment of its `attempted_at`, which jobs know to the millisecond; `became`: where the job went from there.
const VIEWS = `
  CREATE TEMP TABLE claim AS
    SELECT h.job, date_trunc('milliseconds', h.claimed_at) AS claimed_at, h.attempt, h.claimed_by[1] AS node, h.next AS became
    FROM (SELECT *, lead(became) OVER (PARTITION BY job ORDER BY seq) AS next FROM history WHERE was IS DISTINCT FROM became) AS h
    WHERE h.became = 'executing';
  CREATE TEMP VIEW error AS
    SELECT j.id AS job, (e->>'attempt')::int AS attempt, e->>'kind' AS kind, e->>'message' AS message,
      date_trunc('milliseconds', (e->>'attempted_at')::timestamptz) AS claimed_at
    FROM eram_jobs AS j, unnest(j.errors) AS e;
  CREATE TEMP VIEW scripted AS
    SELECT j.*, coalesce(p.key, j.meta->>'cron_name', j.worker) AS script, p.way, p.batch,
      coalesce(p.kind, 'success') AS kind, coalesce(p.ends, '{completed}') AS ends, coalesce(p.fruitful, true) AS fruitful
    FROM eram_jobs AS j LEFT JOIN plan AS p ON p.key = j.args->>'key';
`

const ANY = `(SELECT id FROM scripted WHERE state = 'completed' AND kind = 'success' AND worker = 'ChaosJob' AND way IS NOT NULL ORDER BY id LIMIT 1)`
const TRANSFER = `(SELECT id FROM eram_jobs WHERE worker = 'TransferJob' AND state = 'completed' ORDER BY id LIMIT 1)`
const LIMITS = Object.entries(QUEUES).map(([queue, limit]) => `('${queue}', ${limit})`)

/** @type {Check[]} */
export const CHECKS = [
  {
    fact: 'every job of a committed transaction is there, and of every enqueue that was acknowledged',
    offenders: `
      SELECT key FROM (SELECT key, met FROM ledger UNION SELECT key, met FROM answers) AS k
      WHERE NOT met AND NOT EXISTS (SELECT FROM eram_jobs AS j WHERE j.args->>'key' = k.key)`,
    breach: `DELETE FROM eram_jobs WHERE args->>'key' = (SELECT key FROM ledger WHERE NOT met LIMIT 1)`,
  },
  {
    fact: 'no job of a transaction that was rolled back is there',
    offenders: `
      SELECT id, script FROM scripted AS j
      WHERE way = 'rollback' OR way = 'commit' AND NOT EXISTS (SELECT FROM ledger AS l WHERE l.key = j.script AND NOT l.met)`,
    breach: `UPDATE plan SET way = 'rollback' WHERE key = (SELECT args->>'key' FROM eram_jobs WHERE id = ${ANY})`,
  },
  {
    fact: 'no job is there twice, nor any that was not enqueued',
    offenders: `
      SELECT script, array_agg(id) AS ids FROM scripted
      -- At a turn the slower callers may come when the job of the first has ended: then theirs is another one.
      WHERE way <> 'turn' GROUP BY script HAVING count(*) > 1
      UNION ALL
      SELECT script, ARRAY[id] FROM scripted WHERE way IS NULL AND NOT meta ? 'cron_name' AND worker <> 'ReceiptJob'`,
    breach: `INSERT INTO eram_jobs (worker, args) SELECT worker, args FROM scripted WHERE way <> 'turn' LIMIT 1`,
  },
  {
    fact: 'jobs that were enqueued together are there together',
    offenders: `
      SELECT p.batch, count(j.id) AS there, count(*) AS planned FROM plan AS p LEFT JOIN eram_jobs AS j ON j.args->>'key' = p.key
      WHERE p.way IN ('bulk', 'commit') GROUP BY p.batch HAVING count(j.id) NOT IN (0, count(*))`,
    breach: `
      DELETE FROM eram_jobs WHERE args->>'key' = (
        SELECT max(key) FROM plan WHERE way = 'commit' GROUP BY batch HAVING count(*) > 1 LIMIT 1)`,
  },
  {
    fact: 'each job has ended as its script says',
    offenders: `SELECT id, script, kind, state, attempt FROM scripted WHERE NOT state::text = ANY (ends)`,
    breach: `UPDATE eram_jobs SET state = 'executing' WHERE id = ${ANY}`,
  },
  {
    fact: 'attempts are those that failed, and the last',
    offenders: `
      SELECT id, kind, state, attempt, crashes, cardinality(errors) AS errors FROM scripted AS j
      WHERE
        state = 'completed' AND attempt <> cardinality(errors) + 1
        OR state = 'discarded' AND attempt <> cardinality(errors)
        OR crashes <> (SELECT count(*) FROM error AS e WHERE e.job = j.id AND e.kind IN ('lost', 'crash'))
        OR kind = 'snooze' AND meta->'snoozed' IS DISTINCT FROM args->'n'`,
    breach: `UPDATE eram_jobs SET attempt = attempt + 1 WHERE id = ${ANY}`,
  },
  {
    fact: 'jobs fail of what they do, and of crashes of those around them',
    offenders: `
      SELECT j.id, j.kind, e.kind AS failed_of, e.message FROM scripted AS j JOIN error AS e ON e.job = j.id
      WHERE NOT (
        e.kind = 'lost'
        OR e.kind = 'crash' AND j.queue = 'wild'
        OR e.kind = 'timeout' AND j.timeout IS NOT NULL
        OR e.kind = 'error' AND j.kind IN ('fail', 'transferFail', 'exhaust') AND e.message = 'as scripted'
        -- A transaction does not outlive its connection, nor its claim.
        OR e.kind = 'error' AND j.worker = 'TransferJob'
        OR e.kind = 'discarded' AND j.kind = 'discard'
        OR e.kind = 'cancelled' AND j.kind IN ('cancel', 'hold', 'race'))`,
    breach: `
      UPDATE eram_jobs SET errors = errors || '{"attempt": 1, "kind": "crash", "message": "forged"}'::jsonb
      WHERE id = (SELECT id FROM scripted WHERE queue = 'fast' LIMIT 1)`,
  },
  {
    fact: 'jobs went only where they may go, from where they were, and nowhere from their end',
    offenders: `
      SELECT h.* FROM (SELECT *, lag(became) OVER (PARTITION BY job ORDER BY seq) AS before FROM history) AS h
      WHERE
        h.was IS DISTINCT FROM h.before
        OR NOT CASE coalesce(h.was::text, '')
          WHEN '' THEN h.became IN ('available', 'scheduled')
          WHEN 'available' THEN h.became IN ('executing', 'cancelled')
          WHEN 'scheduled' THEN h.became IN ('available', 'cancelled')
          WHEN 'retryable' THEN h.became IN ('available', 'cancelled')
          -- To itself when it is asked to stop.
          WHEN 'executing' THEN h.became <> 'suspended'
          ELSE false END`,
    breach: `UPDATE eram_jobs SET state = 'completed' WHERE id = ${ANY}`,
  },
  {
    fact: 'each claim is performed at most once, by the node that made it',
    offenders: `
      SELECT r.job, r.attempt, r.claimed_at, array_agg(r.node) AS nodes, array_agg(c.node) AS claimed_by
      FROM runs AS r LEFT JOIN claim AS c USING (job, claimed_at)
      GROUP BY r.job, r.attempt, r.claimed_at
      HAVING count(*) > 1 OR bool_or(r.node IS DISTINCT FROM c.node)`,
    breach: `INSERT INTO runs (run, job, attempt, claimed_at, node, queue, inside)
      SELECT gen_random_uuid(), job, attempt, claimed_at, 'c', queue, inside FROM runs WHERE job = ${ANY} LIMIT 1`,
  },
  {
    fact: 'what is completed has its effect, by the claim that completed it',
    offenders: `
      SELECT j.id, j.kind, j.attempt FROM scripted AS j
      WHERE j.state = 'completed' AND j.fruitful AND NOT EXISTS (
        SELECT FROM effects AS e WHERE e.job = j.id AND e.claimed_at = date_trunc('milliseconds', j.attempted_at))`,
    breach: `DELETE FROM effects WHERE job = ${ANY}`,
  },
  {
    fact: 'another effect is there only where the attempt is recorded as lost, crashed or late, or was handed back or cancelled',
    offenders: `
      SELECT e.job, j.kind, e.claimed_at, c.became, r.kind AS failed_of FROM effects AS e
      JOIN scripted AS j ON j.id = e.job
      LEFT JOIN claim AS c USING (job, claimed_at)
      LEFT JOIN error AS r USING (job, claimed_at)
      WHERE
        (j.state <> 'completed' OR e.claimed_at <> date_trunc('milliseconds', j.attempted_at))
        AND r.kind IS DISTINCT FROM 'lost' AND r.kind IS DISTINCT FROM 'crash' AND r.kind IS DISTINCT FROM 'timeout'
        AND (c.became = 'available' AND r.kind IS NULL AND (j.meta->>'interrupted')::int > 0) IS NOT TRUE
        -- A job that was to be cancelled does not become available when it is handed back.
        AND (c.became = 'cancelled' AND r.kind IS NULL AND j.kind = 'race' AND (j.meta->>'interrupted')::int > 0) IS NOT TRUE
        AND (r.kind = 'cancelled' AND j.kind = 'race') IS NOT TRUE`,
    breach: `INSERT INTO effects SELECT gen_random_uuid(), job, claimed_at - interval '1 second' FROM effects WHERE job = ${ANY}`,
  },
  {
    fact: 'effects in the transaction of a job are there exactly once, each with one receipt',
    offenders: `
      SELECT j.id, j.state, count(DISTINCT e.run) AS effects, count(DISTINCT r.id) AS receipts FROM eram_jobs AS j
      LEFT JOIN effects AS e ON e.job = j.id
      LEFT JOIN eram_jobs AS r ON r.worker = 'ReceiptJob' AND (r.args->>'of')::bigint = j.id
      WHERE j.worker = 'TransferJob'
      GROUP BY j.id, j.state HAVING (count(DISTINCT e.run), count(DISTINCT r.id)) <> (1, 1)`,
    breach: `INSERT INTO effects SELECT gen_random_uuid(), job, claimed_at FROM effects WHERE job = ${TRANSFER}`,
  },
  {
    fact: 'unique jobs were never two at once in their states',
    offenders: `
      SELECT * FROM (
        SELECT h.job, h.seq, j.unique_key, sum(
          (h.became = ANY (j.unique_states))::int - coalesce((h.was = ANY (j.unique_states))::int, 0)) OVER (PARTITION BY j.unique_key ORDER BY h.seq) AS there
        FROM history AS h JOIN eram_jobs AS j ON j.id = h.job WHERE j.unique_key IS NOT NULL) AS u
      WHERE there > 1`,
    breach: `INSERT INTO history (job, became, attempt) SELECT id, 'available', 0 FROM eram_jobs WHERE unique_key IS NOT NULL AND state = 'completed' AND 'completed' = ANY (unique_states) LIMIT 1`,
  },
  {
    fact: 'who met a unique job met one',
    offenders: `
      SELECT k.key FROM (SELECT key FROM answers WHERE met UNION SELECT key FROM ledger WHERE met) AS k JOIN plan AS p USING (key)
      WHERE p.way = 'once' AND NOT EXISTS (SELECT FROM eram_jobs AS j WHERE j.args->>'key' = k.key) OR p.way NOT IN ('once', 'turn')`,
    breach: `INSERT INTO answers SELECT key, true FROM plan WHERE way = 'rollback' LIMIT 1`,
  },
  {
    fact: 'no thread ran more jobs at once than its queue may',
    offenders: `SELECT r.* FROM runs AS r JOIN (VALUES ${LIMITS}) AS q(queue, most) USING (queue) WHERE r.inside > q.most`,
    breach: `UPDATE runs SET inside = 21 WHERE job = ${ANY}`,
  },
  {
    fact: 'each tick of a cron entry made one job',
    offenders: `
      SELECT meta->>'cron_name' AS name, count(*) AS jobs, 1 AS ticks FROM eram_jobs
      WHERE meta->>'cron_name' IN ('minute', 'guaranteed minute') GROUP BY 1, meta->>'cron_at' HAVING count(*) > 1
      UNION ALL
      SELECT name, (SELECT count(*) FROM eram_jobs AS j WHERE j.meta->>'cron_name' = y.name), (SELECT count(*) FROM rewinds AS r WHERE r.name = y.name)
      FROM unnest(ARRAY['${YEARLY.join("', '")}']) AS y(name)
      WHERE (SELECT count(*) FROM eram_jobs AS j WHERE j.meta->>'cron_name' = y.name) <> (SELECT count(*) FROM rewinds AS r WHERE r.name = y.name)`,
    breach: `INSERT INTO rewinds (name) VALUES ('${YEARLY[0]}')`,
  },
  {
    fact: 'no node is on record that is gone',
    offenders: `SELECT node, queue FROM eram_producers UNION ALL SELECT node, 'leads' FROM eram_peers`,
    breach: `INSERT INTO eram_producers (uuid, name, node, queue, job_limit) VALUES (gen_random_uuid(), 'default', '${NODES[0]}', 'fast', 1)`,
  },
]

/**
 * The offenders of each fact; and whether a breach of it would be found.
 *
 * @param {import('pg').PoolClient} client
 * @returns {AsyncGenerator<{ fact: string, offenders: any[], breached: number }>}
 */
export async function* verdict(client) {
  await client.query(VIEWS)
  await client.query('ANALYZE')
  for (const { fact, offenders, breach } of CHECKS) {
    const { rows } = await client.query(offenders)
    await client.query('BEGIN')
    await client.query(breach)
    const breached = (await client.query(offenders)).rows.length - rows.length
    await client.query('ROLLBACK')
    yield { fact, offenders: rows, breached }
  }
}

/** All that is known of a job. @param {import('pg').PoolClient} client @param {number} id */
export async function lifeOf(client, id) {
  const one = async (/** @type {string} */ text) => (await client.query(text, [id])).rows
  return {
    job: await one('SELECT * FROM eram_jobs WHERE id = $1'),
    history: await one('SELECT seq, was, became, attempt, claimed_at::text, claimed_by, at::text FROM history WHERE job = $1 ORDER BY seq'),
    runs: await one('SELECT run, attempt, claimed_at::text, node, inside, at::text FROM runs WHERE job = $1 ORDER BY at'),
    effects: await one('SELECT run, claimed_at::text FROM effects WHERE job = $1'),
  }
}
