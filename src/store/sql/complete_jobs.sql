SELECT eram_complete_jobs($1, $2, $3, $4)
