SELECT s.value #>> '{}'::text[] AS environment FROM eram_settings AS s WHERE s.key = 'environment'
