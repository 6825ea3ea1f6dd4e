-- Which of these claims are still the last claim of their row, and the state of the row:
-- distinguishes a stale ack from one that was written although its answer was lost.
SELECT j.id, j.state::text AS state
FROM eram_jobs AS j
JOIN unnest($1::bigint[], $2::timestamptz[], $3::uuid[]) AS a(id, attempted_at, producer)
  ON j.id = a.id AND j.attempted_at = a.attempted_at AND j.attempted_by[2] = a.producer::text
