// Objection: a Model class that is bound to a knex transaction. Its trx is a knex transaction.

import { has } from '../shape.js'
import { isKnex, isOpenTrx, raw } from './knex.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const objection = {
  name: 'objection',
  matches: (tx) => typeof tx === 'function' && tx.isObjectionModelClass === true && has(tx, 'knex'),
  open: (Model) => isKnex(Model.knex()) && isOpenTrx(Model.knex()),
  isRoot: (Model) => isKnex(Model.knex()) && Model.knex().isTransaction !== true,
  query: (Model, sql, params) => raw(Model.knex(), sql, params),
}
