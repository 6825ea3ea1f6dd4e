// The list of operations. An operation is a file here, or a part of one, and a line in the list.

import { cluster } from './cluster.js'
import { crons } from './crons.js'
import { health } from './health.js'
import { jobs } from './jobs.js'
import { messages } from './messages.js'
import { metrics } from './metrics.js'
import { queueJobs } from './queue-jobs.js'
import { queueNodes } from './queue-nodes.js'
import { queueSettings } from './queue-settings.js'
import { schema } from './schema.js'
import { waits } from './wait.js'

/** @import { Operation } from '../operation.js' */

/** @type {Operation[]} */
export const operations = [
  ...queueSettings,
  ...queueNodes,
  ...queueJobs,
  ...cluster,
  ...health,
  ...metrics,
  ...messages,
  ...waits,
  ...jobs,
  ...crons,
  ...schema,
]

const byName = new Map(operations.map((operation) => [operation.name, operation]))

/**
 * @param {string} name
 * @returns {Operation}
 */
export function operationNamed(name) {
  const operation = byName.get(name)
  if (!operation) throw new TypeError(`operations: expected the name of one, got ${JSON.stringify(name)}`)
  return operation
}
