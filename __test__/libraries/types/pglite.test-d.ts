// What compiles as a transaction of PGlite.
import { PGlite } from '@electric-sql/pglite'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}

const db = await PGlite.create()
await db.transaction(async (tx) => {
  await Signup.enqueue({ id: 1 }, { tx })
  await EramEngine.withTransaction(tx, async () => 1)
})

// @ts-expect-error inside a transaction it would never return
await Signup.enqueue({ id: 1 }, { tx: db })
