UPDATE eram_crons AS c SET paused = $2 WHERE c.name = $1
