// What compiles as a transaction of knex, and so of Bookshelf.
import knexTo, { type Knex } from 'knex'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}

const knex = knexTo({ client: 'pg' })
await knex.transaction(async (trx) => {
  await Signup.enqueue({ id: 1 }, { tx: trx })
  await trx.transaction((inner) => Signup.enqueue({ id: 1 }, { tx: inner }))
  await trx.savepoint((inner) => Signup.enqueue({ id: 1 }, { tx: inner }))
  await EramEngine.withTransaction(trx, async () => 1)
  // @ts-expect-error a query
  await Signup.enqueue({ id: 1 }, { tx: trx('users') })
})
const provided: Knex.Transaction = await knex.transactionProvider()()
await Signup.enqueue({ id: 1 }, { tx: provided })

// @ts-expect-error each statement may take another connection
await Signup.enqueue({ id: 1 }, { tx: knex })
