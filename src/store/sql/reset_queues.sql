-- Deletes the settings made at runtime for the queues $1: of node $2 only, or with '*' those for
-- all nodes and for each node.
DELETE FROM eram_queues AS q WHERE q.queue = ANY ($1::text[]) AND ($2 = '*' OR q.node = $2)
