// postgres.js: the sql of begin() and savepoint(), and a reserved connection on which BEGIN has run. The sql of postgres() may use
// another connection for each statement, so it is never in a transaction.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const postgres = {
  name: 'postgres',
  matches: (tx) => typeof tx === 'function' && has(tx, 'unsafe') && ['begin', 'savepoint', 'release'].some((name) => has(tx, name)),
  open: (sql) => {
    if (has(sql, 'savepoint')) return true
    // A reserved connection does not show whether it is in a transaction; it never takes part in one of begin().
    return has(sql, 'release') ? undefined : false
  },
  isRoot: () => true,
  query: (sql, text, params) => sql.unsafe(text, params),
}
