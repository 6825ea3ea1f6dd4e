SELECT q.queue, q.node, q.paused, q.job_limit
FROM eram_queues AS q
WHERE q.node IN ('*', $1)
-- What was set for the node alone comes last and so decides.
ORDER BY q.queue, q.node <> '*'
