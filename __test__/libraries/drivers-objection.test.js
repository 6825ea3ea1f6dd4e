// Enqueueing through Objection: on its trx, and on model classes that are bound to one.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import knexTo from 'knex'
import { Model } from 'objection'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/objection.js'

class User extends Model {
  static tableName = 'users'
}

/** @param {string} url */
function connect(url) {
  const knex = knexTo({ client: 'pg', connection: url, pool: { min: 0, max: 4 } })
  return { knex, BoundUser: User.bindKnex(knex), close: () => knex.destroy() }
}

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

test('objection: a model class outside a transaction is refused', async () => {
  const { knex, BoundUser, close } = connect(DATABASE_URL)
  for (const tx of [User, BoundUser]) {
    assert.throws(() => resolveExecutor(tx), {
      code: 'ERAM_NOT_IN_TRANSACTION',
      message:
        /^tx: expected an open objection transaction, got class \w+ outside of one; pass the trx that Model\.transaction\(async \(trx\) => …\) gives, or Model\.bindTransaction\(trx\)$/,
    })
  }
  const ended = await knex.transaction(async (trx) => User.bindTransaction(trx))
  assert.throws(() => resolveExecutor(ended), { code: 'ERAM_NOT_IN_TRANSACTION' })
  await close()
})

test('objection: the job stands or falls with the rows of a model', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const { BoundUser, close } = connect(`${url}?options=-c%20search_path%3D${prefix}`)
    await rows('CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE)')
    const signUp = (/** @type {string} */ email) =>
      BoundUser.transaction(async (trx) => {
        await Signup.enqueue({ email }, { tx: BoundUser.bindTransaction(trx), prefix })
        await BoundUser.query(trx).insert(/** @type {any} */ ({ email }))
      })
    await signUp('a')
    await assert.rejects(signUp('a'), { name: 'UniqueViolationError' })
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'a' } }])
    await close()
  }))
