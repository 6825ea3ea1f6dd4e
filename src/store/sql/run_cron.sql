-- Inserts the job $2 of the entry $1, with its arguments, independent of its ticks.
SELECT
  e.ord, e.id, e.state::text AS state, e.queue, e.scheduled_at, e.inserted_at, e.conflict, e.existing::text AS existing
FROM eram_crons AS c
CROSS JOIN LATERAL eram_enqueue_jobs(jsonb_build_array($2::text::jsonb || jsonb_build_object('args', c.args))) AS e
WHERE c.name = $1
