-- What the catalog says of the table of jobs, as a JSON text: its pages, and how many jobs are in each state,
-- as estimated when it was last analyzed; null if it never was. `at` is the time.
SELECT pg_catalog.json_build_object(
  'at', pg_catalog.clock_timestamp(),
  'pages', pg_catalog.pg_relation_size(t.oid) / pg_catalog.current_setting('block_size')::bigint,
  'states', (
    SELECT pg_catalog.json_object_agg(v.state, pg_catalog.round(v.share::double precision * t.reltuples::double precision))
    FROM pg_catalog.pg_stats AS s
    CROSS JOIN LATERAL unnest(s.most_common_vals::text::text[], s.most_common_freqs) AS v(state, share)
    WHERE s.schemaname = $1::text AND s.tablename = 'eram_jobs' AND s.attname = 'state' AND t.reltuples >= 0::real
  )
)::text AS statistics
FROM pg_catalog.pg_class AS t
WHERE t.oid = pg_catalog.to_regclass(pg_catalog.format('%I.eram_jobs', $1::text))
