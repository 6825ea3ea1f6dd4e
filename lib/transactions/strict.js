// Accepts a transaction alone, as `tx` does, and says what to pass instead of anything else.

import { EramError } from '../shared/errors.js'
import { HINTS } from './hints.js'
import { executorOf, libraryOf, notOpen, unknownLibrary } from './resolve.js'

/** @import { Executor } from './resolve.js' */

/**
 * The executor of a transaction of any library.
 * @param {unknown} tx
 * @returns {Executor}
 */
export function resolveExecutor(tx) {
  const library = libraryOf(tx)
  if (!library) throw unknownLibrary('ERAM_NOT_IN_TRANSACTION', 'tx: expected a transaction', 'or an object with query(sql, params)', tx)
  if (library.open(tx) === false) throw notOpen('tx', library, tx, `; ${HINTS[library.name]}`)
  const { query, ...executor } = executorOf(library, tx, true)
  if (library.name !== 'prisma') return { ...executor, query }
  return {
    ...executor,
    async query(sql, params) {
      try {
        return await query(sql, params)
      } catch (error) {
        throw prismaEnded(error) ?? error
      }
    },
  }
}

/**
 * Prisma ends transactions by itself. The last line of its message explains why; the lines before show the caller's code.
 * @param {any} error
 */
function prismaEnded(error) {
  if (error?.code !== 'P2028') return undefined
  const reason = String(error.message).trim().split('\n').at(-1)
  return new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    `tx: expected an open prisma transaction, got one that has ended: ${reason}; await enqueue() inside the callback, and give $transaction a longer timeout if it needs one`,
    { cause: error },
  )
}
