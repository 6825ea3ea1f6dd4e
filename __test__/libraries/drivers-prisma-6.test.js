// Enqueueing in an interactive transaction of Prisma 6, whose transactions cannot be nested: savepoints are statements.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveExecutor } from '../../lib/drivers/index.js'
import { DATABASE_URL } from '../helpers/database.js'
import { enqueuesInTransactions } from '../helpers/transactions.js'
import { generated } from './prisma.js'

const connect = await generated(6)

enqueuesInTransactions('prisma 6', async ({ url, prefix }) => {
  const prisma = connect(url, prefix)
  return {
    transaction: (fn) => prisma.$transaction(fn, { timeout: 30_000, maxWait: 30_000 }),
    async savepoint(tx, fn) {
      await tx.$executeRawUnsafe('SAVEPOINT inner_one')
      try {
        await fn(tx)
      } catch (error) {
        await tx.$executeRawUnsafe('ROLLBACK TO SAVEPOINT inner_one')
        throw error
      }
    },
    close: () => prisma.$disconnect(),
  }
})

test('prisma 6: a client is never a transaction, one that has ended is none either', async () => {
  const prisma = connect(DATABASE_URL, 'public')
  const refused = { code: 'ERAM_NOT_IN_TRANSACTION', message: /^tx: expected an open prisma transaction/ }
  assert.throws(() => resolveExecutor(prisma), refused)
  const [ended] = await prisma.$transaction(async (/** @type {any} */ tx) => [tx])
  await assert.rejects(resolveExecutor(ended).query('select $1 as eram', ['x']), refused)
  await prisma.$disconnect()
})
