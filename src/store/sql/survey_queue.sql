-- The first jobs that wait in queue $1 for one of the workers $2, plain or pinned to the versions $4
-- by the rules $3, see eram_survey_queue.
SELECT s.pinned, s.priority, s.scheduled_at, s.id, s.seen_at, s.took
FROM eram_survey_queue($1, $2, $3, $4) AS s
