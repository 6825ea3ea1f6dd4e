// knex: the trx of a callback, and one without.
import knexTo from 'knex'
import { questions, within } from './shared.js'

/** @import { Open, Place } from '../../support/transactions.js' */

/** @param {Place} place @param {object} [options] @returns {any} */
export const connect = ({ url, connections = 4 }, options) =>
  knexTo({ client: 'pg', connection: url, pool: { min: 0, max: connections }, ...options })

/** @param {any} trx @param {string} sql @param {string[]} values */
export const statement = (trx, sql, values) => trx.raw(questions(sql), values)

/** @type {Record<string, Open>} */
export const adapters = {
  knex: async (place) => {
    const knex = connect(place)
    return {
      transaction: (fn) => knex.transaction(fn),
      savepoint: (trx, fn) => trx.transaction(fn),
      statement,
      outside: () => [knex],
      ended: 'refused',
      close: () => knex.destroy(),
    }
  },
  'knex, with its own way to give rows and a trx without a callback': async (place) => {
    const knex = connect(place, {
      postProcessResponse: (/** @type {any} */ result) => result.rows ?? result,
      wrapIdentifier: (/** @type {string} */ name, /** @type {any} */ wrap) => wrap(name.toUpperCase()),
    })
    return {
      async transaction(fn) {
        const trx = await knex.transaction()
        return within(trx, { begin: () => {}, commit: () => trx.commit(), rollback: () => trx.rollback() }, fn)
      },
      savepoint: (trx, fn) => trx.savepoint(fn),
      statement,
      outside: () => [knex],
      ended: 'refused',
      close: () => knex.destroy(),
    }
  },
}
