DELETE FROM eram_producers WHERE uuid = ANY ($1::uuid[])
