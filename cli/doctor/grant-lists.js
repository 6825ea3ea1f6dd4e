// Which part needs what: a line for each table and each kind of function. A worker has all rights on all tables, and a viewer and an
// operator read them all, but for what a line says.

/**
 * @typedef {object} TableRights
 * @property {string} [worker]  all by default
 * @property {string} [operator]  besides SELECT
 * @property {string} [enqueuer]
 * @property {string} [unique]  of an enqueuer of unique jobs
 * @property {string[]} [contents]  columns with what the application wrote
 */

/** @type {Record<string, TableRights>} */
export const TABLES = {
  // A retry records the attempt before; a trigger deletes attempts with their job.
  eram_attempts: { operator: 'INSERT, DELETE', contents: ['error', 'logs'] },
  // What was recorded is not changed.
  eram_audit: { operator: 'INSERT', worker: 'SELECT, INSERT, DELETE' },
  // Old commands and messages are locked, then deleted.
  eram_commands: { operator: 'INSERT, UPDATE, DELETE' },
  eram_cron_runs: { operator: 'INSERT, DELETE' },
  eram_crons: { operator: 'INSERT, UPDATE, DELETE' },
  eram_jobs: {
    operator: 'INSERT, UPDATE, DELETE',
    enqueuer: 'INSERT, SELECT (id, state, queue, worker, scheduled_at, inserted_at)',
    // A conflict shows the other job, and may replace parts of it.
    unique: 'INSERT, SELECT, UPDATE',
    contents: ['args', 'meta', 'errors', 'result'],
  },
  eram_lost_producers: {},
  eram_messages: { operator: 'INSERT, UPDATE, DELETE', contents: ['payload'] },
  eram_metrics: {},
  // An engine reads the version of the schema when it starts.
  eram_migrations: { worker: 'SELECT', enqueuer: 'SELECT' },
  // Makes the leader resign.
  eram_peers: { operator: 'DELETE' },
  eram_producers: {},
  eram_profiles: { operator: 'DELETE', contents: ['profile'] },
  eram_progress: { operator: 'DELETE', contents: ['message'] },
  eram_queues: { operator: 'INSERT, UPDATE, DELETE' },
  // An engine of another environment runs no queue, and says so.
  eram_settings: { enqueuer: 'SELECT' },
  eram_workers: {},
}

/** Names of functions, and the parts that execute them besides the worker. @type {[RegExp, string[]][]} */
export const FUNCTIONS = [
  [/^eram_(enqueue|enqueue_.+|draft_.+|unique_.+|window_.+|canonical|obstacles|refuse_id)$/, ['enqueuer', 'operator']],
  [/^eram_(channel|queue_key)$/, ['enqueuer', 'viewer', 'operator']],
  [/^eram_queue_(depth|latency)$/, ['viewer', 'operator']],
  [/^eram_(failure_line|fingerprint)$/, ['viewer', 'operator']],
  [/^eram_notify$/, ['operator']],
  [/^eram_(rouse|rouse_sleepers|next_attempt|holds_lease)$/, ['operator']],
  // Triggers, whose functions run as the role that changes the table.
  [/^eram_(cron_changed|delete_traces|truncate_traces|trim_attempts|jobs_inserted|producers_added)$/, ['operator']],
  [/^eram_(ack_.+|complete_.+|fetch_.+|survey_queue|begin_sleep|end_sleep)$/, []],
]

/** @param {string} signature  `eram_x(text)` @returns {string[] | undefined} the parts, or undefined where no line has the function */
export function partsOfFunction(signature) {
  const name = signature.replace(/\(.*/s, '')
  return FUNCTIONS.find(([pattern]) => pattern.test(name))?.[1]
}
