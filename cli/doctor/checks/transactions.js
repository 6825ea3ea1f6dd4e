// transactions: those that are open for long.

/** @import { Check } from '../check.js' */

/** @type {Check} */
export const transactions = {
  id: 'transactions',
  looks: 'transactions that are open for more than 5 minutes',
  anywhere: true,
  statements: ({ age }) => [
    `SELECT a.pid, a.usename AS role, a.application_name AS application, a.state, extract(epoch FROM now() - a.xact_start)::int AS seconds
     FROM pg_stat_activity AS a
     WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()
       AND a.xact_start < now() - make_interval(secs => ${age})
     ORDER BY a.xact_start LIMIT 10`,
  ],
  run: (_, rows) =>
    rows.map(({ pid, role, application, state, seconds }) => ({
      level: 'warn',
      saw: `process ${pid} of ${role}${application ? ` (${application})` : ''} has a transaction open for ${seconds} s, ${state}`,
      why: 'Vacuum cannot remove the rows that finished jobs leave, so fetches get slower.',
      fix: 'End it, and set idle_in_transaction_session_timeout for that role.',
      sql: `SELECT pg_terminate_backend(${pid});`,
    })),
}
