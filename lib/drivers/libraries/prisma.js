// Prisma as a driver: a PrismaClient, which is generated.

import { MAX_TIMER } from '../../shared/wait.js'
import { has, isPool } from '../../transactions/index.js'
import { pgSource } from './pg.js'

/** @import { DriverSource } from '../open.js' */

/** Milliseconds by which Prisma's time limit exceeds the job's timeout. */
const MARGIN = 60_000

/** @type {DriverSource} */
export const prismaSource = {
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
}

/**
 * The settings of its adapter, which has a config of pg or a Pool; undefined if they are not accessible.
 * @param {any} client
 */
function settingsOf(client) {
  const { config, externalPool } = client._engineConfig?.adapter ?? {}
  return isPool(externalPool ?? {}) ? pgSource.settings(externalPool) : config
}
