// Enqueueing on a transaction of Bookshelf, which is one of knex.
import assert from 'node:assert/strict'
import { test } from 'node:test'
// @ts-expect-error it has no types
import bookshelfOn from 'bookshelf'
import knexTo from 'knex'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/bookshelf.js'

/** @param {string} url */
function connect(url) {
  const knex = knexTo({ client: 'pg', connection: url, pool: { min: 0, max: 4 } })
  return { bookshelf: bookshelfOn(knex), close: () => knex.destroy() }
}

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

test('bookshelf: what is outside a transaction is refused', async () => {
  const { bookshelf, close } = connect(DATABASE_URL)
  assert.throws(() => resolveExecutor(bookshelf), {
    code: 'ERAM_NOT_IN_TRANSACTION',
    message:
      /^tx: expected an open bookshelf transaction, got an? \w+ outside of one; pass the trx that bookshelf\.transaction\(async \(trx\) => …\) gives$/,
  })
  assert.throws(() => resolveExecutor(bookshelf.knex), { message: /expected an open knex transaction/ })
  const User = bookshelf.model('User', { tableName: 'users' })
  for (const tx of [User, User.forge(), User.collection()]) {
    assert.throws(() => resolveExecutor(tx), { message: /expected an open bookshelf transaction/ })
  }
  const ended = await bookshelf.transaction(async (/** @type {unknown} */ trx) => ({ trx }))
  assert.throws(() => resolveExecutor(ended.trx), { code: 'ERAM_NOT_IN_TRANSACTION' })
  await close()
})

test('bookshelf: the job stands or falls with a model that is saved in the transaction', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const { bookshelf, close } = connect(`${url}?options=-c%20search_path%3D${prefix}`)
    await rows('CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE)')
    const User = bookshelf.model('User', { tableName: 'users' })
    const signUp = (/** @type {string} */ email) =>
      bookshelf.transaction(async (/** @type {any} */ transacting) => {
        await Signup.enqueue({ email }, { tx: transacting, prefix })
        await new User({ email }).save(null, { transacting })
      })
    await signUp('a')
    await assert.rejects(signUp('a'), { code: '23505' })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
    await close()
  }))
