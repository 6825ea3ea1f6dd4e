INSERT INTO eram_producers (uuid, name, node, queue, job_limit, paused, version, meta)
SELECT p.uuid, $1, $2, p.queue, p.job_limit, p.paused, $3, $8::text::jsonb
FROM unnest($4::uuid[], $5::text[], $6::integer[], $7::boolean[]) AS p(uuid, queue, job_limit, paused)
