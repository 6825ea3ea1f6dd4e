// Prisma's interactive transactions, on a client that is generated here.

import { generated } from '../prisma.js'
import { savepoints, template } from './shared.js'

/** @import { Open } from '../../support/transactions.js' */

const OPTIONS = { timeout: 60_000, maxWait: 60_000 }

/** @param {any} prisma */
const extended = (prisma) =>
  prisma.$extends({
    query: { $allOperations: (/** @type {any} */ { args, query }) => query(args) },
    model: { $allModels: { exists: () => true } },
    client: { $log: () => {} },
  })

/**
 * @param {6 | 7} major
 * @param {string} [name]
 * @returns {Promise<Record<string, Open>>}
 */
export async function adaptersOf(major, name = major === 6 ? 'prisma 6' : 'prisma') {
  return adaptersOn(await generated(major), name)
}

/**
 * @param {(url: string, schema: string, connections: number) => any} connect makes a PrismaClient
 * @param {string} name
 * @returns {Record<string, Open>}
 */
export function adaptersOn(connect, name) {
  /** @param {(prisma: any) => any} extend @returns {Open} */
  const adapter =
    (extend) =>
    async ({ url, prefix, connections = 4 }) => {
      const plain = connect(url, prefix, connections)
      const prisma = extend(plain)
      const byStatements = savepoints((tx, sql) => tx.$executeRawUnsafe(sql))
      return {
        transaction: (fn) => prisma.$transaction(fn, OPTIONS),
        // From 7.5 on a transaction in a transaction is one.
        savepoint: (tx, fn) => (typeof tx.$transaction === 'function' ? tx.$transaction(fn) : byStatements(tx, fn)),
        statement: (tx, sql, values) => tx.$queryRaw(template(sql), ...values),
        outside: () => [plain, prisma],
        ended: 'refused',
        close: () => plain.$disconnect(),
      }
    }
  return { [name]: adapter((prisma) => prisma), [`${name} with $extends`]: adapter(extended) }
}
