// Says for whom a migration waits: a transaction that holds a lock on a table of ours, or another migration.

import { native } from '../addon/index.js'
import { shorten } from '../shared/text.js'
import { clearInterval, setInterval } from '../shared/timers.js'

/** Milliseconds between two looks. */
const INTERVAL = 5000

// Sessions of migrations are named after their process: src/engine/schema.rs.
const BLOCKERS = `
  SELECT b.pid, s.application_name AS application, s.usename AS user, s.state,
    pg_catalog.round(extract(epoch FROM clock_timestamp() - s.xact_start)) AS transaction,
    pg_catalog.round(extract(epoch FROM clock_timestamp() - s.query_start)) AS query
  FROM pg_catalog.pg_stat_activity AS a
  CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(a.pid)) AS b(pid)
  LEFT JOIN pg_catalog.pg_stat_activity AS s ON s.pid = b.pid
  WHERE a.application_name LIKE '%migrate ${process.pid}' AND a.wait_event_type = 'Lock' AND a.datname = current_catalog AND $1 <> ''
  ORDER BY s.xact_start LIMIT 1`

/** @typedef {{ pid: number, application: string | null, user: string | null, state: string | null, transaction: number | null, query: number | null }} Blocker */

/**
 * Does the work of a migration, and warns every 5 s while it waits for a lock.
 * @template T
 * @param {object} connection  the options of the connection
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function whileWatched(connection, work) {
  const options = JSON.stringify({ ...connection, statements: [BLOCKERS] })
  let done = false
  const timer = setInterval(async () => {
    const blocker = await look(options)
    if (blocker && !done) process.emitWarning(messageOf(blocker), { type: 'EramWarning', code: 'MIGRATE_WAITS' })
  }, INTERVAL)
  try {
    return await work()
  } finally {
    done = true
    clearInterval(timer)
  }
}

/** @param {string} options @returns {Promise<Blocker | undefined>} */
async function look(options) {
  try {
    return JSON.parse(await native().inspect(options))[0].rows?.[0]
  } catch {
    // It may see nothing, or there is no connection left: the migration goes on all the same.
    return undefined
  }
}

/** @param {Blocker} blocker */
function messageOf({ pid, application, user, state, transaction, query }) {
  const named = [
    application && JSON.stringify(shorten(application)),
    user && `user ${JSON.stringify(shorten(user))}`,
    state,
    transaction !== null && `in a transaction for ${transaction} s`,
    query !== null && `its last statement began ${query} s ago`,
  ]
  const details = named.filter(Boolean).join(', ')
  return `migrate: expected to get its locks at once, waits for process ${pid}${details && ` (${details})`}; it goes on when that transaction ends`
}
