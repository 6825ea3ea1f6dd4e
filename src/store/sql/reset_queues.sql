-- Forgets what was set at runtime for the queues $1: for node $2 alone, or with '*' for all nodes and for each.
DELETE FROM eram_queues AS q WHERE q.queue = ANY ($1::text[]) AND ($2 = '*' OR q.node = $2)
