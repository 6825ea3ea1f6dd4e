-- What keeps the server from removing dead rows of the jobs table of schema $1, the oldest first,
-- if there are at least $2 of them: sessions and prepared transactions of this database, standbys
-- that report what they still read (hot_standby_feedback), replication slots. xmin: the oldest
-- transaction whose effects it may not see; transactions: how many began since. Without the role
-- pg_read_all_stats, the server does not show state and times of other roles' sessions.
WITH dead AS (
  SELECT pg_catalog.pg_stat_get_dead_tuples(c.oid) AS jobs
  FROM pg_catalog.pg_class AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE n.nspname = $1::text AND c.relname = 'eram_jobs'
), holder AS (
  SELECT
    'session' AS kind, a.pid, a.pid::text AS name, a.application_name, a.state, a.xact_start AS begun_at, a.query_start,
    CASE
      WHEN a.backend_xmin IS NULL OR pg_catalog.age(a.backend_xid) > pg_catalog.age(a.backend_xmin) THEN a.backend_xid
      ELSE a.backend_xmin
    END AS xmin
  FROM pg_catalog.pg_stat_activity AS a
  WHERE
    a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
    AND a.backend_type IS DISTINCT FROM 'autovacuum worker' AND a.backend_type IS DISTINCT FROM 'walsender'
  UNION ALL
  SELECT 'prepared transaction', NULL, p.gid, NULL, NULL, p.prepared, NULL, p.transaction
  FROM pg_catalog.pg_prepared_xacts AS p
  WHERE p.database = pg_catalog.current_database()
  UNION ALL
  SELECT 'standby', r.pid, coalesce(nullif(r.application_name, ''), r.pid::text), r.application_name, r.state, NULL, NULL, r.backend_xmin
  FROM pg_catalog.pg_stat_replication AS r
  UNION ALL
  SELECT 'replication slot', s.active_pid, s.slot_name::text, NULL, CASE WHEN s.active THEN 'active' ELSE 'inactive' END, NULL, NULL, s.xmin
  FROM pg_catalog.pg_replication_slots AS s
)
SELECT
  h.kind, h.pid, h.name, h.application_name, h.state, h.xmin::text AS xmin, pg_catalog.age(h.xmin) AS transactions, dead.jobs AS dead,
  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - h.begun_at) AS seconds,
  pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() - h.query_start) AS query_seconds
FROM dead
CROSS JOIN holder AS h
WHERE h.xmin IS NOT NULL AND dead.jobs >= $2::bigint
ORDER BY pg_catalog.age(h.xmin) DESC, h.begun_at
LIMIT 20
