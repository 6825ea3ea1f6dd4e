// MikroORM: the EntityManager of transactional(), one between begin() and commit(), and the global one inside a callback.
import * as installed from '@mikro-orm/postgresql'
import { questions, within } from './shared.js'

/** @import { Open, Place } from '../../support/transactions.js' */

/**
 * @param {{ MikroORM: any, EntitySchema: any }} library of version 6 or 7
 * @param {string} [name]
 * @returns {Record<string, Open>}
 */
export function adaptersOf({ MikroORM, EntitySchema }, name = 'mikro-orm') {
  const User = new EntitySchema({ name: 'User', tableName: 'users', properties: { id: { type: 'number', primary: true } } })

  /** @param {Place} place */
  const connect = async ({ url, connections = 4 }) => {
    const orm = await MikroORM.init({ clientUrl: url, entities: [User], pool: { max: connections } })
    return {
      orm,
      statement: (/** @type {any} */ em, /** @type {string} */ sql, /** @type {string[]} */ values) => em.execute(questions(sql), values),
      outside: () => [orm.em, orm.em.fork()],
      ended: /** @type {const} */ ('refused'),
      close: () => orm.close(),
    }
  }

  return {
    [name]: async (place) => {
      const { orm, ...others } = await connect(place)
      return { ...others, transaction: (fn) => orm.em.fork().transactional(fn), savepoint: (em, fn) => em.transactional(fn) }
    },
    [`${name} with begin() and commit()`]: async (place) => {
      const { orm, ...others } = await connect(place)
      return {
        ...others,
        transaction: (fn) => {
          const em = orm.em.fork()
          return within(em, { begin: () => em.begin(), commit: () => em.commit(), rollback: () => em.rollback() }, fn)
        },
        savepoint: (em, fn) => em.transactional(fn),
      }
    },
    // AsyncLocalStorage tells it which transaction is meant.
    [`${name} with the global EntityManager`]: async (place) => {
      const { orm, ...others } = await connect(place)
      return {
        ...others,
        transaction: (fn) => orm.em.fork().transactional(() => fn(orm.em)),
        savepoint: (_em, fn) => orm.em.transactional(() => fn(orm.em)),
      }
    },
  }
}

export const adapters = adaptersOf(installed)
