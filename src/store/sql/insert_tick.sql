-- Inserts the job $6 for the tick $2 of the entry $1, if the entry is as it was read (changed at
-- $4, settled up to $5): any other node that handles this tick finds it settled. A tick older than
-- $7 seconds inserts a job only for guaranteed entries, even if this node was frozen. The job's
-- arguments are the row's; $3 is the number of ticks missed before it. The statement waits for
-- locks only briefly, because other entries have their ticks too.
WITH held AS (
  SELECT c.name, set_config('lock_timeout', '2s', true) AS lock_timeout
  FROM eram_crons AS c
  WHERE
    c.name = $1 AND c.updated_at = $4 AND greatest(c.last_at, c.since) = $5 AND $5 < $2 AND NOT c.paused
    AND (c.guaranteed OR clock_timestamp() < $2 + make_interval(secs => $7))
  FOR UPDATE SKIP LOCKED
), tick AS (
  UPDATE eram_crons AS c
  SET last_at = $2, missed = c.missed + $3
  FROM held
  WHERE c.name = held.name AND held.lock_timeout = '2s'
  RETURNING c.args
)
SELECT
  e.ord, e.id, e.state::text AS state, e.queue, e.scheduled_at, e.inserted_at, e.conflict, e.existing::text AS existing
FROM tick
CROSS JOIN LATERAL eram_enqueue_jobs(jsonb_build_array($6::text::jsonb || jsonb_build_object('args', tick.args))) AS e
