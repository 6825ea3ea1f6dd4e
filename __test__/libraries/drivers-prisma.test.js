// Enqueueing in an interactive transaction of Prisma 7, and in its batch form.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout } from 'node:timers/promises'
import { EramEngine } from '../../index.js'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adaptersOf } from './adapters/prisma.js'
import { generated } from './prisma.js'

const connect = await generated(7)

for (const [name, open] of Object.entries(await adaptersOf(7))) enqueuesInTransactions(name, open)

const refused = {
  code: 'ERAM_NOT_IN_TRANSACTION',
  message:
    /^tx: expected an open prisma transaction, got .* outside of one; pass the client that prisma\.\$transaction\(async \(tx\) => …\) gives$/,
}

test('prisma: a client is never a transaction', async () => {
  const prisma = connect(DATABASE_URL, 'public')
  const extended = prisma.$extends({ model: { $allModels: { exists: () => true } } })
  for (const tx of [prisma, extended]) assert.throws(() => resolveExecutor(tx), refused)
  // Not even inside a callback: it would take another connection.
  await prisma.$transaction(async () => assert.throws(() => resolveExecutor(prisma), refused))
  await prisma.$disconnect()
})

test('prisma: a transaction that has ended is refused with the reason', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const prisma = connect(url, prefix)
    const committed = await prisma.$transaction(async (/** @type {any} */ tx) => [tx])
    await assert.rejects(Signup.enqueue({ email: 'a' }, { tx: committed[0], prefix }), {
      code: 'ERAM_NOT_IN_TRANSACTION',
      message: /^tx: expected an open prisma transaction, got one that has ended: .*committed transaction.*; await enqueue\(\) inside/,
    })
    const slow = prisma.$transaction(
      async (/** @type {any} */ tx) => {
        await setTimeout(300)
        await Signup.enqueue({ email: 'secret' }, { tx, prefix })
      },
      { timeout: 100 },
    )
    await assert.rejects(slow, (/** @type {any} */ error) => {
      assert.equal(error.code, 'ERAM_NOT_IN_TRANSACTION')
      assert.match(error.message, /timeout/)
      assert.doesNotMatch(error.message, /secret/)
      return true
    })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [])
    await prisma.$disconnect()
  }))

test('prisma: a row and its job are committed together', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const prisma = connect(url, prefix)
    await rows('CREATE TABLE users (id serial PRIMARY KEY, email text NOT NULL)')
    /** @param {string} email */
    const signUp = (email) =>
      prisma.$transaction((/** @type {any} */ tx) =>
        EramEngine.withTransaction(
          tx,
          async () => {
            await tx.user.create({ data: { email } })
            await Signup.enqueue({ email })
            if (email === 'undone') throw new Error('undo')
          },
          { prefix },
        ),
      )
    await signUp('kept')
    await assert.rejects(signUp('undone'), { message: 'undo' })
    assert.deepEqual(await rows('SELECT email FROM users'), [{ email: 'kept' }])
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'kept' } }])
    await prisma.$disconnect()
  }))

test('prisma: the batch form takes the job as a statement', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const prisma = connect(url, prefix)
    await rows('CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)')
    /** @param {string} email */
    const signUp = (email) =>
      prisma.$transaction([
        prisma.$queryRawUnsafe(
          `select "${prefix}".eram_enqueue($1)`,
          JSON.stringify({ worker: 'Signup', queue: 'signups', args: { email } }),
        ),
        prisma.user.create({ data: { id: 1, email } }),
      ])
    await signUp('kept')
    await assert.rejects(signUp('the id is there already'), { code: 'P2002' })
    assert.deepEqual(await rows('SELECT queue, args FROM eram_jobs'), [{ queue: 'signups', args: { email: 'kept' } }])
    await prisma.$disconnect()
  }))
