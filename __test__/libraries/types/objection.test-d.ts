// What compiles as a transaction of Objection.
import { Model, transaction } from 'objection'
import { EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}
class User extends Model {
  email!: string
}

await User.transaction(async (trx) => {
  await Signup.enqueue({ id: 1 }, { tx: trx })
  await Signup.enqueue({ id: 1 }, { tx: User.bindTransaction(trx) })
  // @ts-expect-error a query
  await Signup.enqueue({ id: 1 }, { tx: User.query(trx) })
})
await transaction(User, (Bound) => Signup.enqueue({ id: 1 }, { tx: Bound }))

// @ts-expect-error each statement may take another connection
await Signup.enqueue({ id: 1 }, { tx: User.knex() })
// @ts-expect-error a row
await Signup.enqueue({ id: 1 }, { tx: new User() })
