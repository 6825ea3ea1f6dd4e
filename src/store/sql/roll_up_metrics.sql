-- Writes roll-ups of $1 seconds: the data $4 of the buckets that begin at $2, of the engines named $3;
-- as start $5, which tells the sums of ten seconds from samples. One that was made of more rows stays.
-- Only for the leader, whose lease is [$6, $7, $8].
INSERT INTO eram_metrics AS m (step, bucket, name, node, boot, data)
SELECT $1, r.bucket, r.name, '*', $5, r.data::jsonb
FROM unnest($2::timestamptz[], $3::text[], $4::text[]) AS r(bucket, name, data)
WHERE (SELECT eram_holds_lease($6, $7, $8))
ON CONFLICT (step, bucket, name, node, boot) DO UPDATE
SET data = excluded.data, written_at = excluded.written_at
WHERE (excluded.data->>'rows'::text)::bigint >= (m.data->>'rows'::text)::bigint
