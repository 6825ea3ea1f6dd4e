INSERT INTO eram_workers AS w (worker, options, version)
SELECT u.worker, u.options::jsonb, $3 FROM unnest($1::text[], $2::text[]) AS u(worker, options)
ON CONFLICT (worker) DO UPDATE
SET options = excluded.options, version = excluded.version, updated_at = now()
WHERE (w.options, w.version) IS DISTINCT FROM (excluded.options, excluded.version)
