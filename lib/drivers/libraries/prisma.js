// Prisma: the client of prisma.$transaction(async (tx) => …), a PrismaClient without the methods that open and close connections.
// Since 7.5 it has $transaction too, for savepoints.

import { EramError } from '../../shared/errors.js'
import { MAX_TIMER } from '../../shared/wait.js'
import { has } from '../shape.js'
import { isPool, pgSource } from './pg.js'

/** @import { Library } from './index.js' */

/** Milliseconds by which Prisma's time limit exceeds the job's timeout. */
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
    needsFile: 'its client is generated, and constructed with an adapter',
    settings: settingsOf,
    url: pgSource.url,
    transaction: (client, fn, options) => {
      // Prisma's default limits, five seconds per transaction and two for a connection, are meant for requests. A job has its own
      // timeout, which takes effect before Prisma ends the transaction.
      const limit = Math.min((options?.timeout ?? MAX_TIMER) + MARGIN, MAX_TIMER)
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

/**
 * The settings of its adapter, which has a config of pg or a Pool; undefined if they are not accessible.
 * @param {any} client
 */
function settingsOf(client) {
  const { config, externalPool } = client._engineConfig?.adapter ?? {}
  return isPool(externalPool ?? {}) ? pgSource.settings(externalPool) : config
}
