// Loads the job classes of an isolate before it takes jobs.

import { headline } from '../shared/serialize.js'

/** @import { JobServices } from '../perform/services.js' */
/** @import { IsolateData } from '../workers/pool.js' */

/**
 * @param {Pick<IsolateData, 'workers' | 'strict'>} data  `strict`: rejects with the first class that cannot be loaded
 * @param {JobServices} services
 */
export async function loadClasses({ workers, strict }, services) {
  for (const worker of workers) {
    try {
      await services.load(worker)
    } catch (error) {
      if (strict) throw error
      // Its jobs try again, and fail with the same error.
      process.emitWarning(headline(error), 'EramLoad')
    }
  }
}
