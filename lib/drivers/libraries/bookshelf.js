// Bookshelf. Its transactions are those of knex; this file rejects what is not a transaction: Bookshelf itself, and models and
// collections, whose query() looks like that of a transaction.

import { has } from '../shape.js'
import { isKnex, knex, knexSource } from './knex.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const bookshelf = {
  name: 'bookshelf',
  matches: (tx) => isBookshelf(tx) || isModel(tx),
  open: () => false,
  query: () => undefined,
  pass: 'pass the trx that bookshelf.transaction(async (trx) => …) gives',
  source: {
    ...knexSource,
    packages: [['bookshelf'], ['knex']],
    isInstance: isBookshelf,
    accepts: knex.source?.isInstance,
    settings: (root) => knexSource.settings(knexOf(root)),
    transaction: (root, fn) => knexSource.transaction(knexOf(root), fn),
    close: (root) => knexSource.close(knexOf(root)),
  },
}

/** @param {any} tx  a model, a collection, or the class of one */
function isModel(tx) {
  return has(tx, 'query', 'fetchAll') || has(tx, 'query', 'fetch', 'resetQuery')
}

/** @param {any} value */
function isBookshelf(value) {
  return has(value, 'transaction', 'model', 'collection') && isKnex(value.knex)
}

/** @param {any} root  a bookshelf, or its knex */
function knexOf(root) {
  return isBookshelf(root) ? root.knex : root
}
