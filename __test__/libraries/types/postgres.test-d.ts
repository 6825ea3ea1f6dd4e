// What compiles as a transaction of postgres.js.
import postgres from 'postgres'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}

const sql = postgres()
await sql.begin(async (tx) => {
  await Signup.enqueue({ id: 1 }, { tx })
  await tx.savepoint((inner) => Signup.enqueue({ id: 1 }, { tx: inner }))
  await EramEngine.withTransaction(tx, async () => 1)
})
const typed = postgres({ types: { bigint: postgres.BigInt } })
await typed.begin('read write', (tx) => Signup.enqueue({ id: 1 }, { tx }))
const reserved = await sql.reserve()
await Signup.enqueue({ id: 1 }, { tx: reserved })

// @ts-expect-error each statement may take another connection
await Signup.enqueue({ id: 1 }, { tx: sql })
// @ts-expect-error a query
await Signup.enqueue({ id: 1 }, { tx: sql`select 1` })
