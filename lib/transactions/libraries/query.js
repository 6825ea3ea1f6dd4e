// Any object with query(sql, params), as the last resort. Whether it is in a transaction is unknown.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const query = {
  name: 'query(sql, params)',
  matches: (tx) => has(tx, 'query'),
  open: () => undefined,
  query: (tx, sql, params) => tx.query(sql, params),
}
