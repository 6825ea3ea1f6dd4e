-- For the testing kit: claims the one available job that is to run next, of `queues` and `workers`
-- (or of all), with an id up to `most`, for the producer `producer` of `node`. Null when there is none. `claimed_at` is in
-- microseconds since 1970.
SELECT CAST(to_jsonb(f) || jsonb_build_object('claimed_at', CAST(extract(epoch FROM f.attempted_at) * 1000000 AS bigint)) AS text) AS eram
FROM (
  SELECT c.queue, c.worker, w.given
  FROM (SELECT CAST($1 AS jsonb) AS given) AS w
  CROSS JOIN eram_jobs AS c
  WHERE
    (c.stage = 1 OR c.stage = 3 AND c.version = w.given->>'version')
    AND c.attempt < c.max_attempts
    AND (w.given->'most' IS NULL OR c.id <= CAST(w.given->>'most' AS bigint))
    AND (w.given->'queues' IS NULL OR w.given->'queues' @> to_jsonb(c.queue))
    AND (w.given->'workers' IS NULL OR w.given->'workers' @> to_jsonb(c.worker))
  ORDER BY c.priority, c.scheduled_at, c.id
  LIMIT 1
) AS n
CROSS JOIN LATERAL eram_fetch_jobs(
  n.queue, 1, n.given->>'node', n.given->>'producer', ARRAY[n.worker], n.given->>'version',
  CASE WHEN n.given->>'version' IS NULL THEN CAST(ARRAY[] AS text[]) ELSE ARRAY['pinned', 'min'] END,
  CASE WHEN n.given->>'version' IS NULL THEN CAST(ARRAY[] AS text[]) ELSE ARRAY[n.given->>'version', n.given->>'version'] END
) AS f
