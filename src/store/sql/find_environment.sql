SELECT s.value #>> '{}' AS environment FROM eram_settings AS s WHERE s.key = 'environment'
