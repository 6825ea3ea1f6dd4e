-- Writes what a node, start $4 of node $3, has counted: the data $2 of the buckets that begin at
-- $1. The key names start and bucket, so a statement whose answer was lost can be sent again.
INSERT INTO eram_metrics (step, bucket, name, node, boot, data)
SELECT 10, r.bucket, $5, $3, $4, r.data::jsonb
FROM unnest($1::timestamptz[], $2::text[]) AS r(bucket, data)
ON CONFLICT DO NOTHING
