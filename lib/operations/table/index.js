// The list of operations. An operation is a file here, or a part of one, and a line in the list.

import { invalidOption } from '../../shared/validate.js'
import { audit } from './audit.js'
import { bulk } from './bulk.js'
import { cluster } from './cluster.js'
import { crons } from './crons.js'
import { health } from './health.js'
import { insight } from './insight.js'
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
  ...insight,
  ...bulk,
  ...crons,
  ...audit,
  ...schema,
]

const byName = new Map(operations.map((operation) => [operation.name, operation]))

/**
 * @param {string} name
 * @returns {Operation}
 */
export function operationNamed(name) {
  const operation = byName.get(name)
  if (!operation) throw invalidOption('operations', 'the name of one', name)
  return operation
}
