// Prisma: the client that prisma.$transaction(async (tx) => …) gives. It is a PrismaClient without the methods that open and
// close connections. $transaction does not tell them apart: from 7.5 on a transaction has it too, for savepoints.

import { EramError } from '../errors.js'
import { has } from './shape.js'

/** @import { Library } from './index.js' */

/** @type {Library} */
export const prisma = {
  name: 'prisma',
  matches: (tx) => has(tx, '$queryRawUnsafe'),
  open: (tx) => !has(tx, '$connect'),
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
 * Prisma tells that and why a transaction is over in the last line of its message; the lines before show the caller's code.
 * @param {any} error
 */
function ended(error) {
  const said = String(error.message).trim().split('\n').at(-1)
  return new EramError(
    'ERAM_NOT_IN_TRANSACTION',
    `tx: expected an open prisma transaction, got one that has ended: ${said}; await enqueue() inside the callback, and give $transaction a longer timeout if it needs one`,
    { cause: error },
  )
}
