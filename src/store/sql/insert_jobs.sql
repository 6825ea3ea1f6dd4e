-- The drafts were validated by the caller (true).
SELECT
  e.ord, e.id, e.state::text AS state, e.queue, e.scheduled_at, e.inserted_at, e.conflict, e.existing::text AS existing, e.worker
FROM eram_enqueue_jobs($1::text::jsonb, true) AS e
ORDER BY e.ord
