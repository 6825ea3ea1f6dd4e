// Objection: its trx, which is one of knex, and model classes that are bound to one.
import { Model, transaction } from 'objection'
import { connect, statement } from './knex.js'

/** @import { Open, Place } from '../../support/transactions.js' */

class User extends Model {
  static tableName = 'users'
}

/** @param {Place} place */
function bound(place) {
  const knex = connect(place)
  const BoundUser = User.bindKnex(knex)
  return { BoundUser, outside: () => [User, BoundUser, knex], ended: /** @type {const} */ ('refused'), close: () => knex.destroy() }
}

/** @type {Record<string, Open>} */
export const adapters = {
  'objection trx': async (place) => {
    const { BoundUser, ...others } = bound(place)
    return {
      ...others,
      transaction: (fn) => BoundUser.transaction(fn),
      savepoint: (trx, fn) => BoundUser.transaction(trx, fn),
      statement,
    }
  },
  'objection model class': async (place) => {
    const { BoundUser, ...others } = bound(place)
    return {
      ...others,
      transaction: (fn) => transaction(BoundUser, fn),
      savepoint: (Inner, fn) => transaction(Inner, fn),
      statement: (Bound, sql, values) => statement(Bound.knex(), sql, values),
    }
  },
}
