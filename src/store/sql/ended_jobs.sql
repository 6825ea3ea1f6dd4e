-- Of these ids, those whose job has ended or does not exist.
SELECT a.id
FROM unnest($1::bigint[]) AS a(id)
LEFT JOIN eram_jobs AS j ON j.id = a.id
WHERE j.id IS NULL OR j.state IN ('completed', 'discarded', 'cancelled')
