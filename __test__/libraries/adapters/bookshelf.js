// Bookshelf, whose transactions are those of knex.
// @ts-expect-error it has no types
import bookshelfOn from 'bookshelf'
import { connect, statement } from './knex.js'

/** @import { Open } from '../../support/transactions.js' */

/** @type {Record<string, Open>} */
export const adapters = {
  bookshelf: async (place) => {
    const knex = connect(place)
    const bookshelf = bookshelfOn(knex)
    const User = bookshelf.model('User', { tableName: 'users' })
    return {
      transaction: (fn) => bookshelf.transaction(fn),
      savepoint: (trx, fn) => trx.transaction(fn),
      statement,
      outside: () => [bookshelf, knex, User, User.forge(), User.collection()],
      ended: 'refused',
      close: () => knex.destroy(),
    }
  },
}
