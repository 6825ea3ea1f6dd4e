// knex: the trx of knex.transaction(), of a provider and of Bookshelf's transaction(). The knex instance has the same methods;
// isTransaction distinguishes them.

import { isObject } from '../../shared/validate.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const knex = {
  name: 'knex',
  matches: isKnex,
  open: isOpenTrx,
  isRoot: (knex) => knex.isTransaction !== true,
  query: raw,
}

/** @param {any} tx */
export function isKnex(tx) {
  return typeof tx === 'function' && has(tx, 'raw', 'transaction') && isObject(tx.client)
}

/** @param {any} tx */
export function isOpenTrx(tx) {
  return tx.isTransaction === true && !(has(tx, 'isCompleted') && tx.isCompleted())
}

/**
 * Runs a statement with knex's question marks in place of numbered parameters.
 * @param {any} trx
 * @param {string} sql
 * @param {string[]} params
 */
export function raw(trx, sql, params) {
  /** @type {unknown[]} */
  const bindings = []
  const text = sql.replaceAll('?', '\\?').replace(/\$(\d+)/g, (_, number) => {
    bindings.push(params[number - 1])
    return '?'
  })
  return trx.raw(text, bindings)
}
