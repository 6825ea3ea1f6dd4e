// Slonik: the connection of pool.transaction(). That of pool.connect() has the same methods; before version 49 the two cannot be
// distinguished, so both are accepted.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

const QUERY = Symbol.for('SLONIK_TOKEN_QUERY')

/** @type {Library} */
export const slonik = {
  name: 'slonik',
  matches: (tx) => has(tx, 'query', 'anyFirst', 'maybeOneFirst', 'oneFirst'),
  open(tx) {
    if (has(tx, 'end') || has(tx, 'connect')) return false
    return 'transactionDepth' in tx ? true : undefined
  },
  isRoot: () => true,
  // The form of sql.unsafe`…`.
  query: (tx, sql, params) => tx.query({ sql, values: params, type: QUERY }),
}
