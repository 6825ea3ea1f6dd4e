// Enqueueing in an interactive transaction of Prisma 6, whose transactions cannot be nested: savepoints are statements.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL } from '../support/database.js'
import { enqueuesInTransactions } from '../support/transactions.js'
import { adaptersOf } from './adapters/prisma.js'
import { generated } from './prisma.js'

const connect = await generated(6)

for (const [name, open] of Object.entries(await adaptersOf(6))) enqueuesInTransactions(name, open)

test('prisma 6: neither a client nor a transaction that has ended is accepted', async () => {
  const prisma = connect(DATABASE_URL, 'public')
  const refused = { code: 'ERAM_NOT_IN_TRANSACTION', message: /^tx: expected an open prisma transaction/ }
  assert.throws(() => resolveExecutor(prisma), refused)
  const [ended] = await prisma.$transaction(async (/** @type {any} */ tx) => [tx])
  await assert.rejects(resolveExecutor(ended).query('select $1 as eram', ['x']), refused)
  await prisma.$disconnect()
})
