-- For the testing kit: writes the ack of a job; returns its new state, or 'lost'.
SELECT eram_ack_job(CAST($1 AS text)) AS eram
