// MikroORM 5 to 7: an EntityManager in a transaction, or the global one inside the callback of another (6 and later resolve it).
// Statements go through the transaction of its query builder, because its own execute() would write the values into the text.

import { invalid } from '../../shared/validate.js'
import { has } from '../shape.js'
import { knex } from './knex.js'
import { kysely } from './kysely.js'

/** @import { Library } from './index.js' */

const builders = [knex, kysely]

/** @type {Library} */
export const mikroOrm = {
  name: 'mikro-orm',
  matches: (tx) => has(tx, 'getTransactionContext', 'isInTransaction', 'getConnection'),
  open(tx) {
    const context = tx.getTransactionContext()
    return context ? builderOf(context)?.open(context) : false
  },
  isRoot: (em) => !em.getTransactionContext(),
  query(em, sql, params) {
    const context = em.getTransactionContext() ?? rootOf(em)
    const builder = builderOf(context)
    if (!builder) throw invalid('ERAM_DRIVER', 'mikro-orm', 'a transaction of knex or kysely', context)
    return builder.query(context, sql, params)
  },
}

/** The query builder's own connection, of knex up to version 6, of Kysely from 7 on. @param {any} em */
function rootOf(em) {
  return has(em, 'getKnex') ? em.getKnex() : em.getKysely()
}

/** @param {any} context  of knex up to version 6, of Kysely from 7 on */
function builderOf(context) {
  return builders.find((each) => each.matches(context))
}
