// Bookshelf. Its transactions are those of knex; this file rejects what is not a transaction: Bookshelf itself, and models and
// collections, whose query() looks like that of a transaction.

import { has } from '../shape.js'
import { isKnex, raw } from './knex.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const bookshelf = {
  name: 'bookshelf',
  matches: (tx) => isBookshelf(tx) || isModel(tx),
  open: () => false,
  isRoot: isBookshelf,
  query: (root, sql, params) => raw(root.knex, sql, params),
}

/** @param {any} tx  a model, a collection, or the class of one */
function isModel(tx) {
  return has(tx, 'query', 'fetchAll') || has(tx, 'query', 'fetch', 'resetQuery')
}

/** @param {any} value */
export function isBookshelf(value) {
  return has(value, 'transaction', 'model', 'collection') && isKnex(value.knex)
}
