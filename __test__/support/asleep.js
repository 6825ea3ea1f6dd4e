// When a queue waits to be notified.
import assert from 'node:assert/strict'
import { until } from './until.js'

/**
 * Waits until a producer of the queue holds its lock, which says that enqueues have to notify.
 *
 * @param {import('./database.js').Schema} schema
 * @param {string} queue
 */
export const asleep = (schema, queue) =>
  until(async () => {
    const { count } = await schema.row(
      `SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
         AND (classid::bigint << 32 | objid::bigint) = eram_queue_key($1)`,
      [queue],
    )
    assert.equal(count, 1)
  })
