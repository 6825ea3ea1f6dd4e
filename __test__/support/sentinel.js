// Waits until a queue relies on notifications.
import assert from 'node:assert/strict'
import { until } from './until.js'

/**
 * Waits until a producer of the queue holds its advisory lock, the sentinel, which makes enqueues notify.
 *
 * @param {import('./database.js').Schema} schema
 * @param {string} queue
 */
export const waitForSentinel = (schema, queue) =>
  until(async () => {
    const { count } = await schema.row(
      `SELECT count(*)::int FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted
         AND (classid::bigint << 32 | objid::bigint) = eram_queue_key($1)`,
      [queue],
    )
    assert.equal(count, 1)
  })
