// Objection: a Model class that is bound to a knex transaction. The trx beside it is one of knex.

import { isKnex, isOpenTrx, raw } from './knex.js'
import { has } from './shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const objection = {
  name: 'objection',
  matches: (tx) => typeof tx === 'function' && tx.isObjectionModelClass === true && has(tx, 'knex'),
  open: (Model) => isKnex(Model.knex()) && isOpenTrx(Model.knex()),
  query: (Model, sql, params) => raw(Model.knex(), sql, params),
  pass: 'pass the trx that Model.transaction(async (trx) => …) gives, or Model.bindTransaction(trx)',
}
