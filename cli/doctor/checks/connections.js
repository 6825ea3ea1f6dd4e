// connections: how many are in use.

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const connections = {
  id: 'connections',
  looks: 'how many connections of the server are in use',
  anywhere: true,
  statements: () => [
    `SELECT (SELECT count(*) FROM pg_stat_activity AS a WHERE a.backend_type = 'client backend') AS used,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int AS available`,
  ],
  run(_, [row]) {
    if (!row || row.used < row.available * 0.8) return []
    return [
      {
        level: row.used >= row.available ? 'fail' : 'warn',
        saw: `${row.used} of ${row.available} connections are in use`,
        why: 'An engine that cannot connect fetches nothing and completes nothing.',
        fix: 'Each process uses `pool` + 1, and those of its threads with transactional jobs. Lower `pool`, raise max_connections, or use a pooler.',
      },
    ]
  },
}
