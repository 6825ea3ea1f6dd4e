// pooler: whether a pooler is between here and the server. A server connection that is older than the connection to it was used
// before.

import { literal } from '../check.js'

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const pooler = {
  id: 'pooler',
  looks: 'whether a pooler is between here and the server',
  anywhere: true,
  async run({ schema }) {
    const [first] = await schema.perform('schema.inspect', { statements: [`SELECT clock_timestamp() AS at`] })
    const began = first.rows[0].at
    const [second] = await schema.perform('schema.inspect', {
      statements: [
        `SELECT a.backend_start < ${literal(began)}::timestamptz AS reused FROM pg_stat_activity AS a WHERE a.pid = pg_backend_pid()`,
      ],
    })
    if (!second.rows[0]?.reused) return []
    return [
      {
        level: 'warn',
        saw: 'the server connection was there before it was asked for: a pooler such as PgBouncer is in between',
        why: 'In transaction mode, a connection cannot listen, and jobs are found by polling.',
        fix: 'Set `pgbouncer: true`, and `listen_url` to an address that bypasses the pooler.',
      },
    ]
  },
}
