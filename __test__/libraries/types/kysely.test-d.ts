// What compiles as a transaction of Kysely.
import { type Generated, Kysely, PostgresDialect, sql } from 'kysely'
import pg from 'pg'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}
interface Database {
  users: { id: Generated<number>; email: string }
}

const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool: new pg.Pool() }) })
await db.transaction().execute(async (trx) => {
  await Signup.enqueue({ id: 1 }, { tx: trx })
  await Signup.enqueue({ id: 1 }, { tx: trx.withSchema('other') })
  await EramEngine.withTransaction(trx, async () => 1)
  // @ts-expect-error a query
  await Signup.enqueue({ id: 1 }, { tx: trx.selectFrom('users') })
})
const trx = await db.startTransaction().execute()
await Signup.enqueue({ id: 1 }, { tx: trx })
await Signup.enqueue({ id: 1 }, { tx: await trx.savepoint('inner').execute() })

// @ts-expect-error each statement may take another connection
await Signup.enqueue({ id: 1 }, { tx: db })
// @ts-expect-error a statement
await Signup.enqueue({ id: 1 }, { tx: sql`select 1` })
