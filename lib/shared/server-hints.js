// What to do about errors of the server whose own words do not say it. src/error/hints.rs says the same for the engine.

/**
 * @param {string} sqlstate
 * @param {string} message
 * @param {string} prefix
 * @returns {string} '' if the message says all
 */
export function serverHint(sqlstate, message, prefix) {
  if (sqlstate === '23505' && message.includes('eram_jobs_pkey')) {
    return `the sequence behind eram_jobs.id is behind the ids: SELECT setval(pg_get_serial_sequence('${prefix}.eram_jobs', 'id'), max(id)) FROM ${prefix}.eram_jobs`
  }
  if (sqlstate === '2200H' && message.includes('eram_jobs_id_seq')) {
    return 'the ids are used up: ALTER TABLE eram_jobs ALTER COLUMN id SET MAXVALUE (at most 9007199254740991), or RESTART WITH an id that is free'
  }
  if (sqlstate === '22P05') return 'the encoding of the database has no such character; a database in UTF8 holds all'
  if (sqlstate === '25006') return 'default_transaction_read_only is on for the database or the role, or the server is a standby'
  return ''
}
