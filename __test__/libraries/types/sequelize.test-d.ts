// Sequelize's own types: what compiles as a transaction, and what does not.
import type { Sequelize, Transaction } from 'sequelize'
import { EramEngine, EramJob } from '../../../index.js'

class Signup extends EramJob {
  async perform(_args: { id: number }) {}
}

declare const sequelize: Sequelize
declare const transaction: Transaction

await sequelize.transaction((tx) => Signup.enqueue({ id: 1 }, { tx }))
await EramEngine.withTransaction(transaction, () => sequelize.transaction())

// @ts-expect-error Sequelize has many connections
await Signup.enqueue({ id: 1 }, { tx: sequelize })
// @ts-expect-error not yet a transaction
await Signup.enqueue({ id: 1 }, { tx: sequelize.transaction() })
