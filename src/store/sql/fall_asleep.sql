-- The engine of the producers $1 falls asleep, if every producer rests: its rows hold the time of its
-- next heartbeat, which is at most $2 seconds from now, and $3 seconds before the next job is due.
-- Returns the number of seconds; no row if the engine has to stay awake. It does if a node is not at
-- rest, or is silent, so that the lifeline may yet have to declare it lost; if jobs of a lost node may
-- yet be found; or if it would sleep for less than $4 seconds.
WITH look AS (
  SELECT least(
    $2::double precision,
    -- Compared first, because an infinite time cannot be subtracted.
    (
      SELECT extract(epoch FROM least(greatest(n.due_at, now() - interval '1 day'), now() + interval '10 years') - now())::double precision
        - $3::double precision
      FROM (SELECT pg_catalog.min(j.scheduled_at) AS due_at FROM eram_jobs AS j WHERE j.stage = 2) AS n
      WHERE n.due_at IS NOT NULL
    )
  ) AS seconds
  WHERE
    NOT EXISTS (SELECT FROM eram_producers AS p WHERE p.uuid <> ALL ($1::uuid[]) AND (NOT p.resting OR p.updated_at < pg_catalog.now() - interval '10 seconds'))
    AND NOT EXISTS (SELECT FROM eram_lost_producers AS l WHERE l.lost_at > pg_catalog.now() - interval '10 minutes')
), asleep AS (
  UPDATE eram_producers AS p
  SET updated_at = pg_catalog.now() + pg_catalog.make_interval(secs => look.seconds)
  FROM look
  WHERE p.uuid = ANY ($1::uuid[]) AND p.resting AND look.seconds >= $4::double precision
  RETURNING p.uuid
)
SELECT look.seconds FROM look WHERE (SELECT count(*) FROM asleep) = pg_catalog.cardinality($1::uuid[])
