-- Makes every scheduled and retryable job of queue $1 available, due or not: for draining.
UPDATE eram_jobs AS j
SET state = 'available'
WHERE j.id IN (SELECT c.id FROM eram_jobs AS c WHERE c.stage = 2 AND c.queue = $1 ORDER BY c.id FOR UPDATE SKIP LOCKED)
