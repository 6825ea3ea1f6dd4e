// What compiles as a transaction of pg-promise.
import pgPromise from 'pg-promise'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}
interface Extensions {
  users: { add(email: string): Promise<void> }
}

const db = pgPromise()('postgres://localhost/app')
await db.tx(async (t) => {
  await Signup.enqueue({ id: 1 }, { tx: t })
  await t.tx((inner) => Signup.enqueue({ id: 1 }, { tx: inner }))
  await EramEngine.withTransaction(t, async () => 1)
})
await db.taskIf((t) => t.txIf((inner) => Signup.enqueue({ id: 1 }, { tx: inner })))
const extended = pgPromise<Extensions>()('postgres://localhost/app')
await extended.tx((t) => Signup.enqueue({ id: 1 }, { tx: t }))

// @ts-expect-error each statement may take another connection
await Signup.enqueue({ id: 1 }, { tx: db })
// @ts-expect-error the same with extensions
await Signup.enqueue({ id: 1 }, { tx: extended })
