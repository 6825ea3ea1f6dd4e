// Prisma: the client of prisma.$transaction(async (tx) => …), a PrismaClient without the methods that open and close connections.
// Since 7.5 it has $transaction too, for savepoints.

import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const prisma = {
  name: 'prisma',
  matches: (tx) => has(tx, '$queryRawUnsafe'),
  open: (tx) => !has(tx, '$connect'),
  isRoot: () => true,
  query: (tx, sql, params) => tx.$queryRawUnsafe(sql, ...params),
}
