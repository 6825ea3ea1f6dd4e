// Objection: a Model class that is bound to a knex transaction. Its trx is a knex transaction.

import { has } from '../shape.js'
import { isKnex, isOpenTrx, knex, knexSource, raw } from './knex.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const objection = {
  name: 'objection',
  matches: (tx) => typeof tx === 'function' && tx.isObjectionModelClass === true && has(tx, 'knex'),
  open: (Model) => isKnex(Model.knex()) && isOpenTrx(Model.knex()),
  query: (Model, sql, params) => raw(Model.knex(), sql, params),
  pass: 'pass the trx that Model.transaction(async (trx) => …) gives, or Model.bindTransaction(trx)',
  source: {
    ...knexSource,
    packages: [['objection'], ['knex']],
    isInstance: isBound,
    accepts: knex.source?.isInstance,
    settings: (root) => knexSource.settings(knexOf(root)),
    transaction: (root, fn) => knexSource.transaction(knexOf(root), fn),
    close: (root) => knexSource.close(knexOf(root)),
  },
}

/** @param {any} value  a model class with a knex of its own */
function isBound(value) {
  return typeof value === 'function' && value.isObjectionModelClass === true && has(value, 'knex') && isKnex(value.knex())
}

/** @param {any} root  a model class, or a knex */
function knexOf(root) {
  return isBound(root) ? root.knex() : root
}
