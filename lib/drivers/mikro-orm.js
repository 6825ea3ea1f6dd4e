// MikroORM 5 to 7: an EntityManager in a transaction, or the global one inside the callback of another's (6 and later know which).
// It keeps what its query builder calls a transaction, and statements go through that: its own execute() would write the
// values into the text.

import { EramError, shown } from '../errors.js'
import { knex } from './knex.js'
import { kysely } from './kysely.js'
import { has } from './shape.js'

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
  query(tx, sql, params) {
    const context = tx.getTransactionContext()
    const builder = builderOf(context)
    if (!builder) throw new EramError('ERAM_DRIVER', `mikro-orm: expected a transaction of knex or kysely, got ${shown(context)}`)
    return builder.query(context, sql, params)
  },
  pass: 'pass the EntityManager that em.transactional(async (em) => …) gives, or one after em.begin()',
}

/** @param {any} context knex up to version 6, Kysely from 7 on */
function builderOf(context) {
  return builders.find((each) => each.matches(context))
}
