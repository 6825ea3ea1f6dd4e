// Calls perform of an attempt, through the middleware of its class, and traced if a tracer subscribes.

import { tracePerform, tracesPerform } from '../telemetry/index.js'
import { ARGS, RUN } from './columns.js'
import { briefJob } from './row.js'

/** @import { Attempt } from './runner.js' */

/**
 * The run is published while its code is on the stack, so that a crash is charged to it.
 * @param {Attempt} attempt
 * @param {Float64Array} progress  see PROGRESS in workers/worker-thread.js
 */
export function callPerform(attempt, progress) {
  if (!tracesPerform()) return callThroughMiddleware(attempt, progress)
  const { row, ctx } = attempt
  return tracePerform({ job: briefJob(row), ctx }, () => callThroughMiddleware(attempt, progress))
}

/** @param {Attempt} attempt @param {Float64Array} progress */
function callThroughMiddleware(attempt, progress) {
  const { row, ctx, chains } = attempt
  if (chains?.perform === undefined) return call(attempt, progress)
  const before = /** @type {number} */ (progress[0])
  progress[0] = row[RUN]
  try {
    return chains.perform(row[ARGS], ctx, () => call(attempt, progress))
  } finally {
    progress[0] = before
  }
}

/** @param {Attempt} attempt @param {Float64Array} progress */
function call({ row, instance, ctx }, progress) {
  const before = /** @type {number} */ (progress[0])
  progress[0] = row[RUN]
  try {
    return instance.perform(row[ARGS], ctx)
  } finally {
    progress[0] = before
  }
}
