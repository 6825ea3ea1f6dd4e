// TypeORM: its EntityManager, and its QueryRunner.
import * as typeorm from 'typeorm'
import { within } from './shared.js'

/** @import { Open, Place } from '../../support/transactions.js' */

/**
 * @param {{ DataSource: any, EntitySchema: any }} library of any version
 * @param {string} [name]
 * @returns {Record<string, Open>}
 */
export function adaptersOf({ DataSource, EntitySchema }, name = 'typeorm') {
  const User = new EntitySchema({ name: 'User', columns: { id: { type: 'int', primary: true } } })

  /** @param {Place} place */
  const connect = async ({ url, connections = 4 }) => {
    const source = await new DataSource({ type: 'postgres', url, entities: [User], poolSize: connections }).initialize()
    return {
      source,
      ended: /** @type {const} */ ('refused'),
      statement: (/** @type {any} */ tx, /** @type {string} */ sql, /** @type {string[]} */ values) => tx.query(sql, values),
      outside: () => [source, source.manager, source.getRepository(User), source.createQueryRunner(), source.createQueryRunner().manager],
      close: () => source.destroy(),
    }
  }

  /** @param {any} runner @param {(tx: any) => Promise<unknown>} fn */
  const running = (runner, fn) =>
    within(
      runner,
      {
        begin: () => runner.startTransaction(),
        commit: () => runner.commitTransaction(),
        rollback: () => runner.rollbackTransaction(),
      },
      fn,
    )

  return {
    [`${name} EntityManager`]: async (place) => {
      const { source, ...others } = await connect(place)
      return { ...others, transaction: (fn) => source.transaction(fn), savepoint: (manager, fn) => manager.transaction(fn) }
    },
    [`${name} QueryRunner`]: async (place) => {
      const { source, ...others } = await connect(place)
      return {
        ...others,
        async transaction(fn) {
          const runner = source.createQueryRunner()
          try {
            return await running(runner, fn)
          } finally {
            await runner.release()
          }
        },
        savepoint: running,
      }
    },
  }
}

export const adapters = adaptersOf(typeorm, 'typeorm 0.3')
