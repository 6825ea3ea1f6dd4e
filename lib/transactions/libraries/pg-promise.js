// pg-promise: the t of db.tx(). The t of db.task() has the same methods; the context distinguishes them.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const pgPromise = {
  name: 'pg-promise',
  matches: (tx) => has(tx, 'query', 'oneOrNone', 'manyOrNone'),
  open: (t) => t.ctx?.inTransaction === true && t.ctx.finish === undefined,
  isRoot: (db) => !db.ctx?.inTransaction,
  // With an object, the parameters are sent to the server; otherwise pg-promise writes them into the SQL text.
  query: (t, text, values) => t.query({ text, values }),
}
