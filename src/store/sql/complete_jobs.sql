-- The commonest ack: done, nothing to store. Fenced by the claim: a row that was rescued, cancelled or claimed again since
-- is not touched. Only state and completed_at change, which no index names: a HOT update.
UPDATE eram_jobs AS j
SET state = 'completed', completed_at = now()
FROM unnest($1::bigint[], $2::timestamptz[], $3::uuid[]) AS a(id, attempted_at, producer)
WHERE
  j.id = a.id
  AND j.state = 'executing'
  AND j.attempted_at = a.attempted_at
  AND j.attempted_by[2] = a.producer::text
