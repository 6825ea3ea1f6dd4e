// What compiles as a transaction of Drizzle.
import { drizzle as onPg } from 'drizzle-orm/node-postgres'
import { pgTable, text } from 'drizzle-orm/pg-core'
import { drizzle as onPglite } from 'drizzle-orm/pglite'
import { drizzle as onPostgres } from 'drizzle-orm/postgres-js'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}
const users = pgTable('users', { email: text() })
const schema = { users }

const pg = onPg('postgres://localhost/app', { schema })
const postgres = onPostgres('postgres://localhost/app', { schema })
const pglite = onPglite()
await pg.transaction(async (tx) => {
  await Signup.enqueue({ id: 1 }, { tx })
  await tx.transaction((inner) => Signup.enqueue({ id: 1 }, { tx: inner }))
  await EramEngine.withTransaction(tx, async () => 1)
  // @ts-expect-error a query
  await Signup.enqueue({ id: 1 }, { tx: tx.select().from(users) })
})
await postgres.transaction((tx) => Signup.enqueue({ id: 1 }, { tx }))
await pglite.transaction((tx) => Signup.enqueue({ id: 1 }, { tx }))

// @ts-expect-error each statement may take another connection
await Signup.enqueue({ id: 1 }, { tx: pg })
// @ts-expect-error the same on postgres.js
await Signup.enqueue({ id: 1 }, { tx: postgres })
// @ts-expect-error and on PGlite
await Signup.enqueue({ id: 1 }, { tx: pglite })
