// postgres.js: the sql that begin() and savepoint() give, and a reserved connection on which BEGIN has run. The sql that
// postgres() gives takes any connection for each statement, so it is never a transaction.

import { has } from './shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const postgres = {
  name: 'postgres',
  matches: (tx) => typeof tx === 'function' && has(tx, 'unsafe') && ['begin', 'savepoint', 'release'].some((name) => has(tx, name)),
  open: (sql) => {
    if (has(sql, 'savepoint')) return true
    // A reserved connection does not tell, and takes part in nothing that begin() opens.
    return has(sql, 'release') ? undefined : false
  },
  query: (sql, text, params) => sql.unsafe(text, params),
  pass: 'pass the sql that sql.begin(async (sql) => …) gives',
}
