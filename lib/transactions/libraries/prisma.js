// Prisma: the client of prisma.$transaction(async (tx) => …), a PrismaClient without the methods that open and close connections.
// Since 7.5 it has $transaction too, for savepoints.

import { EramError } from '../../shared/errors.js'
import { has } from '../shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const prisma = {
  name: 'prisma',
  matches: (tx) => has(tx, '$queryRawUnsafe'),
  open: (tx) => !has(tx, '$connect'),
  isRoot: () => true,
  async query(tx, sql, params) {
    try {
      return await tx.$queryRawUnsafe(sql, ...params)
    } catch (error) {
      throw hasEnded(error) ? ended(error) : error
    }
  },
  pass: 'pass the client that prisma.$transaction(async (tx) => …) gives',
}

/** @param {any} error */
function hasEnded(error) {
  return error?.code === 'P2028'
}

/**
 * The last line of Prisma's message explains why the transaction has ended; the lines before show the caller's code.
 * @param {any} error
 */
function ended(error) {
  const reason = String(error.message).trim().split('\n').at(-1)
  return new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    `tx: expected an open prisma transaction, got one that has ended: ${reason}; await enqueue() inside the callback, and give $transaction a longer timeout if it needs one`,
    { cause: error },
  )
}
