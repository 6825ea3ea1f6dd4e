// Prisma: the client that prisma.$transaction(async (tx) => …) gives. It is a PrismaClient without the methods that open and
// close connections. $transaction does not tell them apart: from 7.5 on a transaction has it too, for savepoints.

import { EramError } from '../../shared/errors.js'
import { has } from '../shape.js'
import { isPool, pgSource } from './pg.js'

/** @import { Library } from './index.js' */

// The longest that a timer of Node can be set to.
const LONGEST = 2 ** 31 - 1
const MARGIN = 60_000

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
  source: {
    isInstance: (client) => has(client, '$queryRawUnsafe', '$connect', '$transaction'),
    portable: false,
    packages: [],
    needsFile: 'its client is generated, and made with an adapter',
    settings: settingsOf,
    url: pgSource.url,
    transaction: (client, fn, options) => {
      // Prisma's own limits, five seconds for all and two to get a connection, are for requests. A job has its timeout, and
      // hears of it before Prisma takes the transaction away.
      const limit = Math.min((options?.timeout ?? LONGEST) + MARGIN, LONGEST)
      return client.$transaction(fn, { timeout: limit, maxWait: limit })
    },
    close: (client) => client.$disconnect(),
  },
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

/**
 * Where its adapter connects, as far as that can be seen: it has a config of pg, or a Pool.
 * @param {any} client
 */
function settingsOf(client) {
  const { config, externalPool } = client._engineConfig?.adapter ?? {}
  return isPool(externalPool ?? {}) ? pgSource.settings(externalPool) : config
}
