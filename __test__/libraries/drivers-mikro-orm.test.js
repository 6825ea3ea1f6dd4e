// Enqueueing through the EntityManager of MikroORM 6, in its transactional() and between begin() and commit().
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EntitySchema, MikroORM } from '@mikro-orm/postgresql'
import { EramEngine } from '../../index.js'
import { resolveExecutor } from '../../lib/transactions/index.js'
import { DATABASE_URL, withSchema } from '../support/database.js'
import { enqueuesInTransactions, Signup } from '../support/transactions.js'
import { adapters } from './adapters/mikro-orm.js'

/** @typedef {import('@mikro-orm/postgresql').EntityManager} EntityManager */
/** @typedef {{ id: number, email: string }} Row */

/** @type {EntitySchema<Row>} */
const User = new EntitySchema({
  name: 'User',
  tableName: 'users',
  properties: { id: { type: 'number', primary: true }, email: { type: 'string' } },
})

/** @param {string} clientUrl @param {import('@mikro-orm/postgresql').Options} [options] */
const connect = (clientUrl, options) => MikroORM.init({ clientUrl, entities: [User], pool: { max: 4 }, ...options })

for (const [name, open] of Object.entries(adapters)) enqueuesInTransactions(name, open)

const refused = {
  code: 'ERAM_NOT_IN_TRANSACTION',
  message:
    /^tx: expected an open mikro-orm transaction, got a SqlEntityManager outside of one; pass the EntityManager that em\.transactional\(async \(em\) => …\) gives, or one after em\.begin\(\)$/,
}

test('mikro-orm: an EntityManager outside a transaction is refused, and one whose transaction has ended', async () => {
  const orm = await connect(DATABASE_URL)
  const own = orm.em.fork()
  for (const em of [orm.em, own]) assert.throws(() => resolveExecutor(em), refused)
  const ended = await own.transactional(async (em) => {
    assert.throws(() => resolveExecutor(own.fork()), refused)
    return [em]
  })
  for (const em of [orm.em, own, ended[0]]) assert.throws(() => resolveExecutor(em), refused)
  await own.begin()
  assert.equal(resolveExecutor(own).name, 'mikro-orm')
  await own.commit()
  assert.throws(() => resolveExecutor(own), refused)
  await orm.close()
})

test('mikro-orm: entities that are flushed later are committed with the job', () =>
  withSchema(async ({ url, prefix, rows }) => {
    const orm = await connect(url, { schema: prefix })
    await rows('CREATE TABLE users (id int PRIMARY KEY, email text NOT NULL)')
    /** @param {string} email */
    const signUp = (email) =>
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
