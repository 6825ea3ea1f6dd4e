DELETE FROM eram_crons AS c WHERE c.name = $1
