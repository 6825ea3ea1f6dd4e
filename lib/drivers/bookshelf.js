// Bookshelf: its transactions are those of knex, so all that is left to know is what is none: Bookshelf itself, and models and
// collections, whose query() would pass for that of a transaction.

import { isKnex } from './knex.js'
import { has } from './shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const bookshelf = {
  name: 'bookshelf',
  matches: (tx) => (has(tx, 'transaction', 'model', 'collection') && isKnex(tx.knex)) || isModel(tx),
  open: () => false,
  query: () => undefined,
  pass: 'pass the trx that bookshelf.transaction(async (trx) => …) gives',
}

/** @param {any} tx a model, a collection, or the class of one */
function isModel(tx) {
  return has(tx, 'query', 'fetchAll') || has(tx, 'query', 'fetch', 'resetQuery')
}
