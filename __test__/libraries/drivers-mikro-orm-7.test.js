// Enqueueing through the EntityManager of MikroORM 7, whose transactions are those of Kysely.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as library from 'mikro-orm-7'
import { EramEngine } from '../../index.js'
import { withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adaptersOf } from './adapters/mikro-orm.js'

for (const [name, open] of Object.entries(adaptersOf(library, 'mikro-orm 7'))) enqueuesInTransactions(name, open)

test('mikro-orm 7: entities that are flushed later are committed with the job', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const User = new library.EntitySchema({
      name: 'User',
      tableName: 'users',
      properties: { id: { type: 'number', primary: true }, email: { type: 'string' } },
    })
    const orm = await library.MikroORM.init({ clientUrl: url, entities: [User], schema: prefix })
    await rows('CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)')
    const signUp = (/** @type {string} */ email) =>
      orm.em.fork().transactional((em) =>
        EramEngine.withTransaction(
          em,
          async () => {
            em.create(User, { id: 1, email })
            await Signup.enqueue({ email })
            assert.deepEqual(await rows(`SELECT FROM users WHERE email = $1`, [email]), [])
          },
          { prefix },
        ),
      )
    await signUp('kept')
    await assert.rejects(signUp('the id is there already'), { code: '23505' })
    assert.deepEqual(await rows('SELECT email FROM users'), [{ email: 'kept' }])
    assert.deepEqual(await rows('SELECT args FROM eram_jobs'), [{ args: { email: 'kept' } }])
    await orm.close()
  }))
